// @ts-check
/** The easel: paper, tools, colors, light table, zoom, undo, and a painting that survives a closed tab. */

import { Autosave } from "../paint/autosave.js";
import { Painting } from "../paint/painting.js";
import { View } from "../paint/view.js";
import { element, find, replaceChildren } from "../shared/elements.js";
import { announce } from "../shared/notices.js";
import { paintIcon } from "./icons.js";
import { Palette } from "./palette.js";
import { Ring } from "./ring.js";
import { Toolbar } from "./toolbar.js";

/** Longer side of the paper in pixels. */
const SIDE = 1024;

export class Easel {
  /**
   * @param {{id: string, seed: number, width: number, height: number, photograph: string}} order the experiment, the
   *   shape of its photograph, and the address of that
   */
  constructor({ id, seed, width, height, photograph }) {
    const scale = SIDE / Math.max(width, height);
    const canvas = element("canvas", {
      class: "paper-canvas",
      tabindex: 0,
      role: "img",
      "aria-label": "Your picture. The arrow keys move the brush, with Shift further; space sets it down and lifts it.",
    });
    const frame = find("#paper");
    replaceChildren(frame, canvas);
    frame.style.setProperty("--ratio", String(width / height));
    this.painting = new Painting(canvas, {
      width: Math.round(width * scale),
      height: Math.round(height * scale),
      seed,
    });
    this.view = new View(frame, canvas, this.painting.pen);
    this.autosave = new Autosave(this.painting, id);
    this.ring = new Ring(frame, this.painting);
    this.photograph = photograph;
    /** @type {HTMLImageElement|null} */
    this.photo = null;
    this.buttons = this.makeButtons();
    const tools = element("div", { class: "tool-settings" });
    const colors = element("div", { class: "tool-colors" });
    replaceChildren(find("#tools"), tools, colors);
    this.toolbar = new Toolbar(tools, this.painting);
    this.palette = new Palette(colors, this.painting, (color) => this.toolbar.setColor(color));
    this.firstColor = this.toolbar.color;
    this.palette.use(this.firstColor);
    this.painting.on("history", () => this.showHistory());
    this.painting.on("saved", () => this.say("Kept in this browser."));
    this.painting.on("unsaved", () =>
      this.say("This browser keeps no paintings; do not close the tab before you are done."),
    );
    this.stop = new AbortController();
    document.addEventListener("keydown", (event) => this.key(event), { signal: this.stop.signal });
    this.showHistory();
  }

  /** Put back what was painted before the tab was closed. */
  async restore() {
    if (await this.autosave.restore()) this.say("Your picture is as you left it.");
  }

  /** @param {string[]} colors of the painting */
  setPalette(colors) {
    this.painting.setPalette(colors);
    // Whoever has chosen a color or begun to paint before the palette arrived keeps that color.
    const isUnused = !this.painting.canUndo && this.palette.color === this.firstColor;
    if (colors.length && isUnused) this.palette.use(colors[0]);
  }

  makeButtons() {
    const { painting, view } = this;
    /** @type {(icon: string, label: string, action: () => void) => HTMLButtonElement} */
    const button = (icon, label, action) =>
      element(
        "button",
        { class: "button-icon", type: "button", "aria-label": label, title: label, onclick: action },
        paintIcon(icon),
      );
    /** @type {(label: string, title: string, action: () => void) => HTMLButtonElement} */
    const word = (label, title, action) =>
      element("button", { class: "button button-small", type: "button", title, onclick: action }, label);
    const buttons = {
      undo: button("undo", "Undo", () => painting.undo()),
      redo: button("redo", "Redo", () => painting.redo()),
    };
    const light = element("input", { type: "range", id: "light", min: 0, max: 100, value: 0 });
    light.addEventListener("input", () => this.setLight(Number(light.value) / 100));
    replaceChildren(
      find("#board-tools"),
      buttons.undo,
      buttons.redo,
      button("out", "Zoom out", () => view.zoomBy(1 / 1.5)),
      button("in", "Zoom in", () => view.zoomBy(1.5)),
      button("whole", "Show the whole picture", () => view.reset()),
      element("div", { class: "light" }, element("label", { for: "light" }, "Light table"), light),
      word("Let it dry", "Washes painted after this have sharp edges", () => this.dry()),
      word("New paper", "Begin again; this can be undone", () => painting.clear()),
    );
    return buttons;
  }

  dry() {
    this.painting.dry();
    this.say("The paper is dry.");
  }

  /** @param {number} opacity 0 to 1 of the photograph under the paper */
  async setLight(opacity) {
    if (!this.photo && opacity > 0) {
      const image = element("img", { alt: "" });
      image.src = this.photograph;
      await image.decode();
      this.photo = image;
    }
    this.painting.setLightTable(this.photo, opacity);
  }

  showHistory() {
    this.buttons.undo.setAttribute("aria-disabled", String(!this.painting.canUndo));
    this.buttons.redo.setAttribute("aria-disabled", String(!this.painting.canRedo));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (find("#draw").hidden || document.querySelector("dialog[open]")) return;
    const typing = event.target instanceof HTMLElement && event.target.matches("input[type=text], textarea, select");
    if (typing) return;
    const command = event.ctrlKey || event.metaKey;
    const key = event.key.toLowerCase();
    if (command && key === "z") event.shiftKey ? this.painting.redo() : this.painting.undo();
    else if (command && key === "y") this.painting.redo();
    else if (!command && key === "[") this.toolbar.resize(1 / 1.2);
    else if (!command && key === "]") this.toolbar.resize(1.2);
    else return;
    event.preventDefault();
    if (command) announce(event.shiftKey || key === "y" ? "Done again" : "Taken back");
  }

  /** @param {string} text */
  say(text) {
    find("#board-status").textContent = text;
  }

  get isBlank() {
    return this.painting.surface.strokes === 0;
  }

  destroy() {
    this.stop.abort();
    this.autosave.destroy();
    this.view.destroy();
    this.ring.destroy();
    this.painting.destroy();
  }
}
