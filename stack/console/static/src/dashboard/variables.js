// @ts-check
import { prometheus } from "../api.js";
import { el } from "../dom.js";

/**
 * @typedef {object} Variable of a dashboard's templating list
 * @property {string} name
 * @property {string} type
 * @property {string} [label]
 * @property {number} [hide]
 * @property {any} [query]
 * @property {string} [definition]
 * @property {boolean} [multi]
 * @property {boolean} [includeAll]
 * @property {string} [allValue]
 * @property {{value: any}} [current]
 * @property {{value: string, text?: string, selected?: boolean}[]} [options]
 *
 * @typedef {{variable: Variable, choices: string[]}} Offered
 */

const ALL = "$__all";

/**
 * The dashboard's variables with what each may be; the data source is not a choice here.
 * @param {Variable[]} list
 * @param {AbortSignal} signal
 * @returns {Promise<Offered[]>}
 */
export function offered(list, signal) {
  const ours = list.filter(({ type }) => ["query", "custom", "constant", "interval", "textbox"].includes(type));
  return Promise.all(ours.map(async (variable) => ({ variable, choices: await choices(variable, signal) })));
}

/**
 * @param {Variable} variable
 * @param {AbortSignal} signal
 * @returns {Promise<string[]>}
 */
async function choices(variable, signal) {
  if (variable.type !== "query") return fixed(variable);
  const asked = labelValues(
    typeof variable.query === "object" ? variable.query?.query : (variable.definition ?? variable.query),
  );
  if (!asked) return [];
  return prometheus(`label/${asked.label}/values`, {
    params: asked.selector ? { "match[]": asked.selector } : {},
    signal,
  });
}

/** @param {Variable} variable */
function fixed({ type, query, options = [] }) {
  if (type === "custom" || type === "interval")
    return options.length > 0
      ? options.map(({ value }) => value).filter((value) => value !== ALL)
      : String(query ?? "").split(/\s*,\s*/);
  return [String(query ?? "")];
}

/**
 * The parts of `label_values(selector, label)`; null for another kind of query.
 * @param {string | undefined} query
 */
export function labelValues(query = "") {
  const found = /^\s*label_values\(\s*(?:(.+)\s*,\s*)?(\w+)\s*\)\s*$/.exec(query);
  return found ? { selector: found[1]?.trim() ?? "", label: found[2] } : null;
}

/**
 * What each variable stands for in a query: the address says, else the dashboard's default, else the first choice.
 * @param {Offered[]} list
 * @param {Record<string, string[]>} chosen from the address
 * @returns {import("../promql/interpolate.js").Values}
 */
export function valuesOf(list, chosen) {
  return Object.fromEntries(
    list.map(({ variable, choices: all }) => [variable.name, valueOf(variable, all, selected(variable, all, chosen))]),
  );
}

/**
 * @param {Variable} variable
 * @param {string[]} all
 * @param {Record<string, string[]>} chosen
 * @returns {string[]}
 */
function selected(variable, all, chosen) {
  const current = variable.current?.value;
  const preset = current === undefined || current === null || current === "" ? [] : [current].flat();
  const picked = chosen[variable.name] ?? preset;
  return picked.length > 0 ? picked : [variable.includeAll ? ALL : (all[0] ?? "")];
}

/**
 * @param {Variable} variable
 * @param {string[]} all
 * @param {string[]} picked
 */
function valueOf(variable, all, picked) {
  if (picked.includes(ALL)) return variable.allValue ? variable.allValue : all;
  return variable.multi ? picked : picked[0];
}

/**
 * A choice for each variable that is not hidden.
 * @param {Offered[]} list
 * @param {Record<string, string[]>} chosen
 * @param {(name: string, value: string) => void} changed
 */
export function pickers(list, chosen, changed) {
  return list
    .filter(({ variable }) => variable.hide !== 2 && variable.type !== "constant")
    .map(({ variable, choices: all }) => {
      const now = selected(variable, all, chosen)[0];
      const options = [...(variable.includeAll ? [[ALL, "All"]] : []), ...all.map((value) => [value, value])];
      const select = el(
        "select",
        {
          on: {
            change: (/** @type {Event} */ event) =>
              changed(variable.name, /** @type {HTMLSelectElement} */ (event.target).value),
          },
        },
        ...options.map(([value, text]) => el("option", { value, selected: value === now }, text)),
      );
      return el("label.field-inline", null, el("span", null, variable.label || variable.name), select);
    });
}
