// @ts-check
/** One control for one setting, made from the server's description of it. */

import { element } from "../shared/elements.js";
import { capitalized } from "../shared/words.js";
import { fromPosition, hasSlider, middle, sliderRange, toPosition } from "./scale.js";

/** @typedef {import("../types.js").Setting} Setting */
/** @typedef {import("../types.js").SettingValue} SettingValue */
/** @typedef {{node: HTMLElement, show: (value: SettingValue) => void}} Control */
/** @typedef {(value: SettingValue) => void} Change */

/** Sizes to choose from by one click; any other can be typed. */
const SIZES = [256, 384, 512, 768, 1024];
/** Choices whose labels have at most this many letters together are buttons side by side. */
const MOST_LETTERS = 34;
/** What the ends of a slider mean. @type {Record<string, [string, string]>} */
const ENDS = { style_strength: ["Photograph", "Painting"], style_scale: ["Fine", "Broad"] };

/**
 * @param {Setting} setting
 * @param {Change} change
 * @returns {Control}
 */
export function makeControl(setting, change) {
  if (setting.name === "size") return sizeControl(setting, change);
  if (setting.kind === "choice") {
    const letters = (setting.choices ?? []).reduce((sum, choice) => sum + choice.label.length, 0);
    // Where the recipe decides, there must be a word for that.
    return letters <= MOST_LETTERS && setting.default !== null
      ? radioControl(setting, change)
      : selectControl(setting, change);
  }
  if (setting.kind === "boolean") return checkboxControl(setting, change);
  if (setting.kind === "number" && hasSlider(setting)) return sliderControl(setting, change);
  return numberControl(setting, change);
}

/** @param {Setting} setting */
const idOf = (setting) => `setting-${setting.name}`;

/**
 * @param {Setting} setting
 * @param {...(Node|null)} children
 */
function field(setting, ...children) {
  const help = setting.help ? element("p", { class: "help", id: `${idOf(setting)}-help` }, setting.help) : null;
  return element("div", { class: "field", "data-setting": setting.name }, ...children, help);
}

/** @param {Setting} setting @param {Change} change @returns {Control} */
function sliderControl(setting, change) {
  const output = element("output", { class: "value", for: idOf(setting) });
  const input = element("input", {
    type: "range",
    id: idOf(setting),
    ...sliderRange(setting),
    "aria-describedby": `${idOf(setting)}-help`,
    oninput: () => change(fromPosition(setting, Number(input.value))),
  });
  const ends = ENDS[setting.name];
  const legend = ends
    ? element(
        "div",
        { class: "ends", "aria-hidden": "true" },
        element("span", {}, ends[0]),
        element("span", {}, ends[1]),
      )
    : null;
  const label = element(
    "div",
    { class: "field-head" },
    element("label", { for: idOf(setting) }, setting.label),
    output,
  );
  return {
    node: field(setting, label, input, legend),
    show(value) {
      const number = typeof value === "number" ? value : null;
      input.value = String(number === null ? middle(setting) : toPosition(setting, number));
      output.textContent =
        number === null ? "automatic" : setting.name === "style_scale" ? `${number} ×` : String(number);
      input.setAttribute("aria-valuetext", output.textContent);
    },
  };
}

/** @param {Setting} setting @param {Change} change @returns {Control} */
function radioControl(setting, change) {
  const choices = (setting.choices ?? []).map((choice) => {
    const input = element("input", {
      type: "radio",
      name: setting.name,
      value: choice.value,
      onchange: () => change(choice.value),
    });
    return {
      choice,
      input,
      label: element(
        "label",
        { class: "segment", title: choice.help },
        input,
        element("span", {}, capitalized(choice.label)),
      ),
    };
  });
  const group = element(
    "fieldset",
    { class: "segments" },
    element("legend", {}, setting.label),
    ...choices.map(({ label }) => label),
  );
  const help = element("p", { class: "help" });
  const node = element("div", { class: "field", "data-setting": setting.name }, group, help);
  return {
    node,
    show(value) {
      for (const { choice, input } of choices) input.checked = choice.value === value;
      help.textContent = choices.find(({ choice }) => choice.value === value)?.choice.help || setting.help;
    },
  };
}

/** @param {Setting} setting @param {Change} change @returns {Control} */
function selectControl(setting, change) {
  const options = (setting.choices ?? []).map(({ value, label }) => element("option", { value }, capitalized(label)));
  if (setting.default === null) options.unshift(element("option", { value: "" }, "Automatic"));
  const select = element("select", { id: idOf(setting), onchange: () => change(select.value || null) }, ...options);
  const help = element("p", { class: "help" });
  const node = element(
    "div",
    { class: "field", "data-setting": setting.name },
    element("label", { for: idOf(setting) }, setting.label),
    select,
    help,
  );
  return {
    node,
    show(value) {
      select.value = String(value ?? "");
      help.textContent = setting.choices?.find((choice) => choice.value === value)?.help || setting.help;
    },
  };
}

/** @param {Setting} setting @param {Change} change @returns {Control} */
function checkboxControl(setting, change) {
  const input = element("input", { type: "checkbox", id: idOf(setting), onchange: () => change(input.checked) });
  return {
    node: field(setting, element("label", { class: "check" }, input, setting.label)),
    show(value) {
      input.checked = value === true;
    },
  };
}

/**
 * @param {Setting} setting
 * @param {Change} change
 */
function numberInput(setting, change) {
  const input = element("input", {
    type: "number",
    id: idOf(setting),
    min: setting.minimum,
    max: setting.maximum,
    step: setting.kind === "integer" ? 1 : "any",
    inputmode: setting.kind === "integer" ? "numeric" : "decimal",
    placeholder: "automatic",
    "aria-describedby": `${idOf(setting)}-help`,
    onchange: () => change(input.value === "" ? null : Number(input.value)),
  });
  return input;
}

/** @param {Setting} setting @param {Change} change @returns {Control} */
function numberControl(setting, change) {
  const input = numberInput(setting, change);
  return {
    node: field(setting, element("label", { for: idOf(setting) }, setting.label), input),
    show(value) {
      input.value = value === null ? "" : String(value);
    },
  };
}

/** @param {Setting} setting @param {Change} change @returns {Control} */
function sizeControl(setting, change) {
  const input = numberInput(setting, change);
  const sizes = SIZES.filter((size) => size >= (setting.minimum ?? 0) && size <= (setting.maximum ?? Infinity));
  const buttons = sizes.map((size) =>
    element(
      "button",
      { type: "button", class: "segment-button", onclick: () => change(size), "aria-label": `${size} pixels` },
      size,
    ),
  );
  const exact = element("span", { class: "size-exact" }, input, element("span", { "aria-hidden": "true" }, "px"));
  const head = element("div", { class: "field-head" }, element("label", { for: idOf(setting) }, setting.label), exact);
  return {
    node: field(
      setting,
      head,
      element("div", { class: "segments", role: "group", "aria-label": "Usual sizes" }, ...buttons),
    ),
    show(value) {
      input.value = value === null ? "" : String(value);
      buttons.forEach((button, index) => button.setAttribute("aria-pressed", String(sizes[index] === value)));
    },
  };
}
