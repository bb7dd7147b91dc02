// @ts-check
import { getJson, postJson } from "../api.js";
import { el } from "../dom.js";

/** @type {Record<string, string>} why a sign-in link led here */
const FAILED = {
  token: "That link is not, or no longer, this console's. Ask for a new one.",
  attempts: "Too many wrong tokens within a minute. Wait a minute, then try again.",
};

/**
 * The form that takes the console's token.
 * @type {import("../main.js").View}
 */
export async function signInView(root, { title, signal }) {
  title("Sign in");
  const token = /** @type {HTMLInputElement} */ (
    el("input", {
      type: "password",
      name: "token",
      id: "token",
      required: true,
      autocomplete: "current-password",
      spellcheck: "false",
      "aria-describedby": "token-help token-error",
    })
  );
  const error = el(
    "p.form-error",
    { id: "token-error", role: "alert" },
    FAILED[new URLSearchParams(location.search).get("failed") ?? ""],
  );
  const button = el("button.button.primary", { type: "submit" }, "Sign in");
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    error.textContent = "";
    button.setAttribute("disabled", "");
    try {
      await postJson("sign-in", { token: token.value.trim() });
      location.assign(next());
    } catch (reason) {
      error.textContent = /** @type {Error} */ (reason).message;
      button.removeAttribute("disabled");
      token.focus();
    }
  };
  root.append(
    el(
      "div.sign-in",
      null,
      el("p.sign-in-brand", null, "Plainview"),
      el("h1", { tabindex: "-1" }, "Sign in to the console"),
      el("p", { id: "token-help" }, "On the machine that runs Plainview, this prints a link that signs you in:"),
      el("pre.command", null, el("code", null, "./plainview sign-in")),
      el("p", null, "Or paste the console's token:"),
      el("form", { on: { submit } }, el("label.field", { for: "token" }, "Token", token), error, button),
      el(
        "p.fine",
        null,
        "The token stays in a cookie that scripts cannot read. It was made for this installation and lies in ",
        el("code", null, ".plainview/secrets/console_token"),
        ".",
      ),
    ),
  );
  token.focus();
  const session = await getJson("session", { signal }).catch(() => null);
  if (session?.signed_in) location.replace(next());
}

/** Where one wanted to go, on this site only. */
function next() {
  const wanted = new URLSearchParams(location.search).get("next") ?? "/";
  return /^\/(?![/\\])/.test(wanted) ? wanted : "/";
}
