// @ts-check
import { el } from "../dom.js";
import { parseDuration } from "../format/duration.js";

/**
 * @typedef {{service: string, operation: string, minimum: string, errors: boolean, limit: string, sort: "newest" | "longest" | "spans"}} Question
 */

const LIMITS = ["20", "50", "100", "200"];
const PREFERRED = ["api", "plainview-api"];

/**
 * The question in the address; the service defaults to the API, else to the first known.
 * @param {string} search
 * @param {string[]} services
 * @returns {Question}
 */
export function readForm(search, services) {
  const query = new URLSearchParams(search);
  const sort = query.get("sort");
  return {
    service: query.get("service") ?? services.find((name) => PREFERRED.includes(name)) ?? services[0] ?? "",
    operation: query.get("operation") ?? "",
    minimum: query.get("min") ?? "",
    errors: query.get("errors") === "1",
    limit: query.get("limit") ?? "20",
    sort: sort === "longest" || sort === "spans" ? sort : "newest",
  };
}

/**
 * @param {object} parts
 * @param {string[]} parts.services
 * @param {(service: string) => Promise<string[]>} parts.operations
 * @param {(changes: Record<string, string | null>) => void} parts.ask
 * @param {() => Question} parts.now
 */
export function form({ services, operations, ask, now }) {
  const { service, operation, minimum, errors, limit } = now();
  const known = services.includes(service) || !service ? services : [service, ...services];
  const serviceField = select(
    known.map((name) => [name, name]),
    service,
  );
  const operationField = select([["", "Any operation"]], operation);
  const minimumField = /** @type {HTMLInputElement} */ (
    el("input", { type: "text", value: minimum, placeholder: "e.g. 500ms", size: "8", spellcheck: "false" })
  );
  const errorsField = /** @type {HTMLInputElement} */ (el("input", { type: "checkbox", checked: errors }));
  const limitField = select(
    LIMITS.map((value) => [value, value]),
    limit,
  );

  const fill = async () => {
    const names = await operations(serviceField.value).catch(() => []);
    const chosen = now().operation;
    operationField.replaceChildren(
      ...[["", "Any operation"], ...names.map((name) => [name, name])].map(([value, text]) =>
        el("option", { value, selected: value === chosen }, text),
      ),
    );
  };
  const submit = (/** @type {Event | undefined} */ event) => {
    event?.preventDefault();
    const text = minimumField.value.trim();
    minimumField.setCustomValidity(
      text === "" || parseDuration(text) >= 0 ? "" : "Write a duration such as 250ms, 1.5s or 2m.",
    );
    if (!minimumField.reportValidity()) return;
    ask({
      service: serviceField.value,
      operation: operationField.value,
      min: text,
      errors: errorsField.checked ? "1" : null,
      limit: limitField.value,
    });
  };
  serviceField.addEventListener("change", () => {
    operationField.value = "";
    submit(undefined);
    fill();
  });
  for (const field of [operationField, errorsField, limitField])
    field.addEventListener("change", () => submit(undefined));
  minimumField.addEventListener("input", () => minimumField.setCustomValidity(""));
  fill();
  return el(
    "form.search",
    { role: "search", on: { submit } },
    el("label.field.grow", null, "Service", serviceField),
    el("label.field.grow", null, "Operation", operationField),
    el("label.field", null, "At least", minimumField),
    el("label.field", null, "Up to", limitField),
    el("label.check", null, errorsField, "Only errors"),
    el("button.button.primary", { type: "submit" }, "Search"),
  );
}

/**
 * @param {string[][]} options pairs of value and text
 * @param {string} chosen
 */
function select(options, chosen) {
  return /** @type {HTMLSelectElement} */ (
    el("select", null, ...options.map(([value, text]) => el("option", { value, selected: value === chosen }, text)))
  );
}
