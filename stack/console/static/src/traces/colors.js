// @ts-check
import { seriesProperty, stableIndex } from "../panels/palette.js";

/** @type {Record<string, number>} places in the palette of the parts that every installation has */
const OWN = { api: 0, worker: 1, notifier: 3, console: 5 };

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
      let place = OWN[service.replace(/^plainview-/, "")] ?? stableIndex(service);
      while (taken.has(place) && taken.size < 10) place = (place + 1) % 10;
      taken.add(place);
      return [service, `var(${seriesProperty(place)})`];
    }),
  );
}
