// @ts-check

/**
 * Name of a series: the legend format with its labels filled in, else the labels as PromQL writes them.
 * @param {Record<string, string>} labels
 * @param {string} [template] such as `{{http_route}}`; empty and `__auto` mean none
 * @param {string} [fallback] for a series without labels
 */
export function seriesName(labels, template = "", fallback = "value") {
  if (template !== "" && template !== "__auto") {
    return template.replace(/\{\{\s*(\S+?)\s*\}\}/g, (_, label) => labels[label] ?? "");
  }
  const { __name__: name = "", ...rest } = labels;
  const pairs = Object.entries(rest).map(([label, value]) => `${label}="${value}"`);
  if (template === "__auto" && pairs.length === 1 && name === "") return Object.values(rest)[0];
  return pairs.length > 0 ? `${name}{${pairs.join(", ")}}` : name || fallback;
}
