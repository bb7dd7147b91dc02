// @ts-check
import { el, hidden } from "./dom.js";
import { icon } from "./icon.js";

/**
 * A button that copies a text.
 * @param {string} text
 * @param {string} what it is, for screen readers
 */
export function copyButton(text, what) {
  const button = el(
    "button.icon-button",
    { type: "button", title: `Copy the ${what}` },
    icon("copy"),
    hidden(`Copy the ${what}`),
  );
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    button.replaceChildren(icon("check"), hidden("Copied"));
    setTimeout(() => button.replaceChildren(icon("copy"), hidden(`Copy the ${what}`)), 1500);
  });
  return button;
}
