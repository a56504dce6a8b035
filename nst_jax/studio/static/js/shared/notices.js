// @ts-check
/** Messages: said to screen readers, shown for a while, or asked as a question. */

import { element, find } from "./elements.js";

const SHOWN_MS = 6000;

/** @type {HTMLElement|null} */
let region = null;

function pageRegion() {
  if (!region) {
    region = element("div", { class: "notices", role: "status", "aria-live": "polite" });
    document.body.append(region);
  }
  return region;
}

/** Return where messages are seen: what is behind a modal dialog is dimmed, and neither clicked nor heard. */
function noticeRegion() {
  const dialog = [...document.querySelectorAll("dialog:modal")].at(-1);
  if (!dialog) return pageRegion();
  const known = dialog.querySelector(":scope > .notices");
  if (known) return known;
  const inside = element("div", { class: "notices", role: "alert" });
  dialog.append(inside);
  // What is still to be read outlives the dialog.
  dialog.addEventListener("close", () => pageRegion().append(...inside.childNodes), { once: true });
  return inside;
}

/** Make the live region before there is anything to say, since screen readers follow only those that they know. */
export const prepareNotices = () => void pageRegion();

/**
 * Show a message for a while.
 *
 * @param {string} text
 * @param {{kind?: "plain"|"error", topic?: string, action?: {label: string, run: () => void}}} [options]
 */
export function notice(text, { kind = "plain", topic, action } = {}) {
  const close = () => box.remove();
  const box = element(
    "div",
    { class: `notice notice-${kind}`, "data-topic": topic },
    element("span", {}, text),
    action && element("button", { class: "button-link", onclick: () => (close(), action.run()) }, action.label),
    element("button", { class: "button-icon", "aria-label": "Close this message", onclick: close }, "×"),
  );
  noticeRegion().append(box);
  // An error stays until it is closed: it may say what to do.
  if (kind !== "error") setTimeout(close, SHOWN_MS);
}

/**
 * Take the messages of a topic away, once they are out of date.
 *
 * @param {string} topic
 */
export function dismiss(topic) {
  for (const box of document.querySelectorAll(`.notice[data-topic="${topic}"]`)) box.remove();
}

/** @param {unknown} error */
export function showError(error) {
  notice(error instanceof Error ? error.message : String(error), { kind: "error" });
}

/**
 * Run an action of the user; what fails is shown as a message.
 *
 * @template Result
 * @param {() => Result|Promise<Result>} action
 * @returns {Promise<Result|undefined>}
 */
export async function attempt(action) {
  try {
    return await action();
  } catch (error) {
    showError(error);
    return undefined;
  }
}

/**
 * Say something to screen readers only.
 *
 * @param {string} text
 */
export function announce(text) {
  const where = document.querySelector("#announcer");
  if (where) where.textContent = text;
}

/**
 * Ask a question with several answers.
 *
 * @template {string} Answer
 * @param {string} question
 * @param {string} explanation
 * @param {{value: Answer, label: string, danger?: boolean}[]} answers
 * @returns {Promise<Answer|null>} null if the question was closed
 */
export function ask(question, explanation, answers) {
  return new Promise((resolve) => {
    const buttons = answers.map(({ value, label, danger }) =>
      element("button", { class: danger ? "button button-danger" : "button button-primary", value }, label),
    );
    const dialog = element(
      "dialog",
      { class: "dialog dialog-small", "aria-labelledby": "question" },
      element(
        "form",
        { method: "dialog" },
        element("h2", { id: "question" }, question),
        element("p", {}, explanation),
        element(
          "div",
          { class: "row row-end" },
          element("button", { class: "button", value: "" }, "Cancel"),
          ...buttons,
        ),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(/** @type {Answer} */ (dialog.returnValue) || null);
    });
    document.body.append(dialog);
    dialog.showModal();
    find("button:not([value=''])", dialog).focus();
  });
}

/**
 * Ask before something is deleted.
 *
 * @param {string} question
 * @param {string} explanation
 */
export async function confirmDeletion(question, explanation) {
  return (await ask(question, explanation, [{ value: "delete", label: "Delete", danger: true }])) === "delete";
}
