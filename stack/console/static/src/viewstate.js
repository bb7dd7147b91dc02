// @ts-check

/**
 * What the address says about the view: time range, refresh, variables.
 * @typedef {{from: string, to: string, refresh: string, values: Record<string, string[]>}} ViewState
 */

/**
 * @param {string} search of the address
 * @param {{from: string, to: string, refresh: string}} defaults
 * @returns {ViewState}
 */
export function readState(search, defaults) {
  const query = new URLSearchParams(search);
  /** @type {Record<string, string[]>} */
  const values = {};
  for (const [name, value] of query) if (name.startsWith("var-")) (values[name.slice(4)] ??= []).push(value);
  return {
    from: query.get("from") ?? defaults.from,
    to: query.get("to") ?? defaults.to,
    refresh: query.get("refresh") ?? defaults.refresh,
    values,
  };
}

/**
 * The search part of an address with some of its names changed; an empty value removes a name.
 * @param {string} search
 * @param {Record<string, string | string[] | null>} changes
 */
export function changedSearch(search, changes) {
  const query = new URLSearchParams(search);
  for (const [name, value] of Object.entries(changes)) {
    query.delete(name);
    for (const item of Array.isArray(value) ? value : [value])
      if (item !== null && item !== "") query.append(name, item);
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

/**
 * The part of the address that goes along from one dashboard to the next.
 * @param {string} search
 */
export function carriedSearch(search) {
  const query = new URLSearchParams(search);
  const kept = [...query].filter(([name]) => ["from", "to", "refresh"].includes(name));
  return kept.length === 0 ? "" : `?${new URLSearchParams(kept)}`;
}

/**
 * Write changes into the address; `push` makes the step one that the back button undoes.
 * @param {Record<string, string | string[] | null>} changes
 * @param {{push?: boolean}} [options]
 */
export function writeState(changes, { push = true } = {}) {
  const address = location.pathname + changedSearch(location.search, changes);
  if (push) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
}
