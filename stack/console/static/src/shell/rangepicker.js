// @ts-check
import { el } from "../dom.js";
import { icon } from "../icon.js";
import { fieldValue, label, PRESETS, resolve } from "../time/range.js";

/**
 * The time range: presets, or two moments.
 * @param {() => {from: string, to: string}} state
 * @param {(changes: Record<string, string>) => void} change
 */
export function rangePicker(state, change) {
  const text = el("span");
  const panel = el("div.popover", { hidden: true, id: "range-panel" });
  const button = el(
    "button.button",
    {
      type: "button",
      "aria-expanded": "false",
      "aria-controls": "range-panel",
      "aria-label": "Time range",
      on: { click: () => open(panel.hidden) },
    },
    icon("clock"),
    text,
    icon("chevron"),
  );
  const element = el("div.picker", null, button, panel);

  const open = (/** @type {boolean} */ show) => {
    panel.hidden = !show;
    button.setAttribute("aria-expanded", String(show));
    if (show) panel.replaceChildren(...content(state(), choose));
  };
  const choose = (/** @type {{from: string, to: string}} */ range) => {
    open(false);
    button.focus();
    change(range);
  };
  const update = () => {
    text.textContent = label(state(), Date.now());
    button.setAttribute("aria-label", `Time range: ${text.textContent}`);
  };
  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) {
      open(false);
      button.focus();
    }
  });
  element.addEventListener("focusout", (event) => {
    if (event.relatedTarget instanceof Node && !element.contains(event.relatedTarget)) open(false);
  });
  document.addEventListener("pointerdown", (event) => {
    if (event.target instanceof Node && !element.contains(event.target)) open(false);
  });
  update();
  return { element, update };
}

/**
 * @param {{from: string, to: string}} now
 * @param {(range: {from: string, to: string}) => void} choose
 */
function content(now, choose) {
  const presets = PRESETS.map(([from, name]) =>
    el(
      "button.choice",
      {
        type: "button",
        "aria-pressed": String(now.from === from && now.to === "now"),
        on: { click: () => choose({ from, to: "now" }) },
      },
      name,
    ),
  );
  return [el("div.choices", { role: "group", "aria-label": "Ranges up to now" }, ...presets), custom(now, choose)];
}

/**
 * @param {{from: string, to: string}} now
 * @param {(range: {from: string, to: string}) => void} choose
 */
function custom(now, choose) {
  const range = resolve(now, Date.now());
  const from = /** @type {HTMLInputElement} */ (
    el("input", { type: "datetime-local", step: "1", required: true, value: fieldValue(range.from) })
  );
  const to = /** @type {HTMLInputElement} */ (
    el("input", { type: "datetime-local", step: "1", required: true, value: fieldValue(range.to) })
  );
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    const [start, end] = [Date.parse(from.value), Date.parse(to.value)];
    to.setCustomValidity(start < end ? "" : "The end must be after the start.");
    if (to.reportValidity()) choose({ from: String(start), to: String(end) });
  };
  to.addEventListener("input", () => to.setCustomValidity(""));
  from.addEventListener("input", () => to.setCustomValidity(""));
  return el(
    "form.custom-range",
    { on: { submit } },
    el("label.field", null, "From", from),
    el("label.field", null, "To", to),
    el("button.button.primary", { type: "submit" }, "Apply"),
  );
}
