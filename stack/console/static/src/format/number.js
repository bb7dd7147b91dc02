// @ts-check

/** @typedef {{decimals?: number | null, locale?: string}} NumberOptions */

/**
 * A plain number with grouping. Without `decimals` it keeps three significant digits below 1,000 and none of the
 * fraction above.
 * @param {number} value
 * @param {NumberOptions} [options]
 */
export function number(value, { decimals, locale } = {}) {
  if (decimals !== undefined && decimals !== null) {
    return new Intl.NumberFormat(locale, {
      minimumFractionDigits: decimals,
      maximumFractionDigits: decimals,
    }).format(value + 0);
  }
  return new Intl.NumberFormat(locale, { maximumFractionDigits: fractionDigits(value) }).format(value + 0);
}

/**
 * Fraction digits that leave about three significant ones.
 * @param {number} value
 */
export function fractionDigits(value) {
  const magnitude = Math.abs(value);
  if (magnitude === 0 || !Number.isFinite(magnitude)) return 0;
  return Math.min(12, Math.max(0, 2 - Math.floor(Math.log10(magnitude))));
}
