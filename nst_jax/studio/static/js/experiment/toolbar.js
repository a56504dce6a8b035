// @ts-check
/** The tools beside the paper: which tool, how large, how strong, how wet. */

import { TOOLS } from "../paint/tools.js";
import { element } from "../shared/elements.js";
import { paintIcon } from "./icons.js";

/** @typedef {import("../paint/painting.js").Painting} Painting */
/** @typedef {import("../paint/tools.js").ToolName} ToolName */

const SLIDERS = /** @type {const} */ ([
  { name: "radius", label: "Size", minimum: 0, maximum: 100 },
  { name: "opacity", label: "Strength", minimum: 5, maximum: 100 },
  { name: "wetness", label: "Wetness", minimum: 0, maximum: 100 },
]);
/** Radii in pixels of the picture at both ends of the slider, which is logarithmic. */
const LEAST = 1;
const MOST = 128;

/** @param {number} radius @returns {number} place on the slider, 0 to 100 */
export const placeOf = (radius) => (100 * Math.log(radius / LEAST)) / Math.log(MOST / LEAST);

/** @param {number} place @returns {number} */
export const radiusAt = (place) => LEAST * (MOST / LEAST) ** (place / 100);

export class Toolbar {
  /**
   * @param {HTMLElement} container
   * @param {Painting} painting
   */
  constructor(container, painting) {
    this.painting = painting;
    /** @type {ToolName} */
    this.tool = "acrylic";
    this.color = TOOLS.acrylic.options.color;
    /** Each tool keeps what was set for it. */
    this.settings = Object.fromEntries(Object.entries(TOOLS).map(([name, { options }]) => [name, { ...options }]));
    this.help = element("p", { class: "help tool-help" });
    this.sliders = SLIDERS.map((slider) => this.makeSlider(slider));
    container.replaceChildren(this.makeTools(), this.help, ...this.sliders.map(({ field }) => field));
    this.choose("acrylic");
  }

  makeTools() {
    const buttons = Object.entries(TOOLS).map(([name, { label }]) =>
      element(
        "label",
        { class: "segment tool" },
        element("input", {
          type: "radio",
          name: "tool",
          value: name,
          checked: name === this.tool,
          onchange: () => this.choose(/** @type {ToolName} */ (name)),
        }),
        element("span", {}, paintIcon(name), element("span", { class: "tool-name" }, label)),
      ),
    );
    return element(
      "fieldset",
      { class: "tool-list" },
      element("legend", { class: "visually-hidden" }, "Tool"),
      ...buttons,
    );
  }

  /** @param {(typeof SLIDERS)[number]} slider */
  makeSlider({ name, label, minimum, maximum }) {
    const output = element("output", { class: "quiet" });
    const input = element("input", { type: "range", id: `tool-${name}`, min: minimum, max: maximum, step: 1 });
    input.addEventListener("input", () => {
      const value = Number(input.value);
      this.settings[this.tool][name] = name === "radius" ? radiusAt(value) : value / 100;
      this.apply();
    });
    const field = element(
      "div",
      { class: "tool-slider" },
      element("div", { class: "tool-slider-head" }, element("label", { for: `tool-${name}` }, label), output),
      input,
    );
    return { name, field, input, output };
  }

  /** @param {ToolName} name */
  choose(name) {
    this.tool = name;
    this.help.textContent = TOOLS[name].help;
    this.apply();
  }

  /** @param {string} color #rrggbb */
  setColor(color) {
    this.color = color;
    // A color is chosen to paint with it.
    if (this.tool === "water" || this.tool === "eraser") this.choose("acrylic");
    const radio = document.querySelector(`input[name="tool"][value="${this.tool}"]`);
    if (radio instanceof HTMLInputElement) radio.checked = true;
    this.apply();
  }

  /** @param {number} factor */
  resize(factor) {
    const settings = this.settings[this.tool];
    settings.radius = Math.min(MOST, Math.max(LEAST, settings.radius * factor));
    this.apply();
  }

  /** Hand all settings to the painting, and show them. */
  apply() {
    const settings = this.settings[this.tool];
    for (const { name, input, output, field } of this.sliders) {
      const value = settings[name];
      input.value = String(Math.round(name === "radius" ? placeOf(value) : value * 100));
      output.textContent =
        name === "radius" ? `${value < 10 ? value.toFixed(1) : Math.round(value)} px` : `${Math.round(value * 100)} %`;
      input.setAttribute("aria-valuetext", output.textContent);
      field.hidden = name === "wetness" && (this.tool === "pencil" || this.tool === "eraser");
    }
    this.painting.setTool(this.tool, { ...settings, color: this.color });
    this.painting.emit("tool");
  }
}
