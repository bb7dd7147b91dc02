// @ts-check
import { el } from "../dom.js";
import { rendered } from "../runbooks/markdown.dom.js";

/**
 * A panel of Markdown.
 * @type {import("./registry.js").Mount}
 */
export function mount(element, panel) {
  return {
    draw() {
      element.replaceChildren(el("div.prose.prose-panel", null, ...rendered(panel.options?.content ?? "")));
    },
    dispose() {},
  };
}
