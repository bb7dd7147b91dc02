// @ts-check
import { seriesProperty, stableIndex } from "../panels/palette.js";

/**
 * A CSS colour for each service: the same on every trace, different within one as far as the palette goes.
 * @param {string[]} services
 * @returns {Map<string, string>}
 */
export function serviceColors(services) {
  /** @type {Set<number>} */
  const taken = new Set();
  return new Map(
    services.map((service) => {
      let place = stableIndex(service);
      while (taken.has(place) && taken.size < 10) place = (place + 1) % 10;
      taken.add(place);
      return [service, `var(${seriesProperty(place)})`];
    }),
  );
}
