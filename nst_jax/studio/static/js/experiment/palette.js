// @ts-check
/** The colors to paint with: those of the painting, those picked lately, any other, and a mixture of two. */

import { mixColors } from "../paint/pigment.js";
import { element, replaceChildren } from "../shared/elements.js";
import { paintIcon } from "./icons.js";

/** @typedef {import("../paint/painting.js").Painting} Painting */

/** Always at hand, whatever the painting has. */
const BASICS = ["#f7f4ec", "#1c1a19"];
const RECENT = 6;

export class Palette {
  /**
   * @param {HTMLElement} container
   * @param {Painting} painting
   * @param {(color: string) => void} choose
   */
  constructor(container, painting, choose) {
    this.painting = painting;
    this.choose = choose;
    this.color = "";
    /** @type {string[]} */
    this.recent = [];
    this.swatches = element("div", { class: "swatches", role: "group", "aria-label": "Colors of the painting" });
    this.mixed = element("div", { class: "swatches", role: "group", "aria-label": "Colors used lately" });
    this.input = element("input", { type: "color", id: "color", class: "color-input" });
    this.input.addEventListener("input", () => this.use(this.input.value));
    this.input.addEventListener("change", () => this.remember(this.input.value));
    this.dropper = element(
      "button",
      {
        class: "button button-small",
        type: "button",
        "aria-pressed": "false",
        title: "Pick a color from the paper (Alt and click)",
      },
      paintIcon("dropper"),
      "Pick",
    );
    this.dropper.addEventListener("click", () => this.pick(!painting.pen?.picking));
    painting.on("color", (color) => {
      this.pick(false);
      this.use(color);
      this.remember(color);
    });
    painting.on("palette", () => this.show());
    container.replaceChildren(
      element("div", { class: "color-row" }, element("label", { for: "color" }, "Color"), this.input, this.dropper),
      this.swatches,
      this.mixed,
    );
    this.show();
  }

  /** @param {boolean} on whether the next press on the paper picks a color */
  pick(on) {
    if (this.painting.pen) this.painting.pen.picking = on;
    this.dropper.setAttribute("aria-pressed", String(on));
    this.painting.canvas.classList.toggle("picking", on);
  }

  /** @param {string} color #rrggbb */
  use(color) {
    this.color = color;
    this.input.value = color;
    this.mark();
    this.choose(color);
  }

  /** @param {string} color */
  remember(color) {
    const known = [...this.painting.palette, ...BASICS];
    if (known.includes(color)) return;
    this.recent = [color, ...this.recent.filter((other) => other !== color)].slice(0, RECENT);
    this.show();
  }

  show() {
    replaceChildren(this.swatches, ...[...this.painting.palette, ...BASICS].map((color) => this.swatch(color)));
    replaceChildren(this.mixed, ...this.recent.map((color) => this.swatch(color)));
    this.mixed.hidden = this.recent.length === 0;
    this.mark();
  }

  /** @param {string} color */
  swatch(color) {
    const button = element("button", {
      class: "swatch",
      type: "button",
      "data-color": color,
      "aria-label": `Color ${color}`,
      title: `${color}; with Shift, mix half of it into the present color`,
    });
    button.style.backgroundColor = color;
    button.addEventListener("click", (event) => {
      const next = event.shiftKey && this.color ? mixColors(this.color, color, 0.5) : color;
      this.use(next);
      this.remember(next);
    });
    return button;
  }

  mark() {
    for (const button of [...this.swatches.children, ...this.mixed.children]) {
      const chosen = button instanceof HTMLElement && button.dataset.color === this.color;
      button.setAttribute("aria-pressed", String(chosen));
    }
  }
}
