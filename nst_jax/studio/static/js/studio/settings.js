// @ts-check
/** The settings of the form: the few that matter in sight, the others under "More". */

import { find } from "../shared/elements.js";
import { makeControl } from "./controls.js";
import { withSetting } from "./draft.js";

/** @typedef {import("../types.js").Options} Options */
/** @typedef {import("../types.js").Setting} Setting */
/** @typedef {import("./form.js").Form} Form */

/** The order of those in sight: what changes the picture most comes first. */
const ORDER = ["style_strength", "style_scale", "color", "size", "quality"];

/** @type {{value: import("./draft.js").Draft["method"], label: string, help: string}[]} */
const METHODS = [
  { value: "both", label: "Both", help: "A fast picture in seconds, and then a careful one that you can watch grow." },
  {
    value: "fast",
    label: "Fast",
    help: "In seconds, by a network that was trained for it; further from the painting.",
  },
  { value: "optimize", label: "Careful", help: "Step by step, in a minute or more; closest to the painting." },
];

/**
 * @param {Form} form
 * @param {Options} options
 */
export function installSettings(form, options) {
  const place = (/** @type {Setting} */ setting) => ORDER.indexOf(setting.name) + 1 || ORDER.length + 1;
  const settings = [...options.settings].sort((one, other) => place(one) - place(other));
  const controls = settings.map((setting) => ({
    setting,
    control: makeControl(withRecipes(setting, options), (value) => form.set(withSetting(form.draft, setting, value))),
  }));
  for (const { setting, control } of controls)
    find(ORDER.includes(setting.name) ? "#settings" : "#more-settings").append(control.node);

  const method = makeControl(
    {
      name: "method",
      label: "What to make",
      help: "",
      kind: "choice",
      choices: METHODS,
      default: "both",
      advanced: false,
      methods: [],
    },
    (value) => form.set({ ...form.draft, method: /** @type {import("./draft.js").Draft["method"]} */ (value) }),
  );
  find("#settings").append(method.node);
  const reset = find("#reset-settings");
  reset.addEventListener("click", () => {
    form.set({ ...form.draft, settings: {} });
    find("#settings input").focus();
  });

  const show = () => {
    const { draft } = form;
    for (const { setting, control } of controls) {
      const changed = setting.name in draft.settings;
      control.show(changed ? draft.settings[setting.name] : setting.default);
      control.node.classList.toggle("changed", changed);
    }
    method.show(draft.method);
    const recipe = String(draft.settings.recipe ?? "default");
    // The numbers of steps of a published method are part of it.
    for (const { setting, control } of controls) {
      const ofMethod = draft.method !== "fast" || setting.methods.includes("fast");
      setAvailable(control, ofMethod && (setting.name !== "quality" || recipe === "default"));
    }
    reset.hidden = Object.keys(draft.settings).length === 0;
  };
  form.addEventListener("change", show);
  show();
}

/**
 * @param {import("./controls.js").Control} control
 * @param {boolean} available
 */
function setAvailable({ node }, available) {
  node.classList.toggle("unavailable", !available);
  for (const input of node.querySelectorAll("input, select, button")) {
    /** @type {HTMLInputElement} */ (input).disabled = !available;
  }
}

/**
 * Give the setting "recipe" the recipes as its choices, if it has none.
 *
 * @param {Setting} setting
 * @param {Options} options
 * @returns {Setting}
 */
function withRecipes(setting, options) {
  if (setting.name !== "recipe" || setting.choices?.length) return setting;
  const choices = options.recipes.map(({ name, title, description }) => ({
    value: name,
    label: title,
    help: description,
  }));
  return { ...setting, kind: "choice", choices };
}

/**
 * Install the button "Paint".
 *
 * @param {Form} form
 * @param {() => Promise<string>} paint queues the jobs; the message of a failure is shown beside the button
 * @param {() => string} missing what is missing, or nothing
 */
export function installPaintButton(form, paint, missing) {
  const button = /** @type {HTMLButtonElement} */ (find("#paint"));
  const message = find("#paint-message");
  find("#form").addEventListener("submit", async (event) => {
    event.preventDefault();
    // A second click while the first is on its way would queue everything twice.
    if (button.getAttribute("aria-disabled") === "true") return;
    const lack = missing();
    message.textContent = lack;
    if (lack) return;
    button.setAttribute("aria-disabled", "true");
    try {
      message.textContent = await paint();
    } finally {
      button.setAttribute("aria-disabled", "false");
    }
  });
  form.addEventListener("change", () => {
    message.textContent = "";
  });
}
