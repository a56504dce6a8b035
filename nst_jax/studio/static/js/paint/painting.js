// @ts-check
/** The face of the brush engine: a picture on a canvas, painted with tools, with undo, light table and export. */

import { History } from "./history.js";
import { Pen } from "./pen.js";
import { toHex, FULL } from "./pigment.js";
import { Random, hash } from "./random.js";
import { LightTable, light } from "./relief.js";
import { Resampler } from "./stroke.js";
import { Surface } from "./surface.js";
import { TOOLS } from "./tools.js";

/** @typedef {import("./stroke.js").Sample} Sample */
/** @typedef {import("./tools.js").Options} Options */
/** @typedef {import("./tools.js").ToolName} ToolName */

/**
 * Events: "change" (the picture has changed), "history" (undo or redo may have become possible), "color" (a color was
 * picked; the detail is #rrggbb), "stroke" (a stroke has ended).
 */
export class Painting {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{width: number, height: number, seed?: number, listen?: boolean}} settings size in pixels; `listen: false`
   *   leaves the pointer to others
   */
  constructor(canvas, { width, height, seed = 1, listen = true }) {
    this.canvas = canvas;
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext("2d", { alpha: false });
    if (!context) throw new Error("This browser has no canvas to draw on.");
    this.context = context;
    this.seed = seed;
    this.surface = new Surface(width, height, hash(seed, 0));
    this.history = new History(this.surface);
    /** @type {ToolName} */
    this.tool = "acrylic";
    /** @type {Options} */
    this.options = { ...TOOLS.acrylic.options };
    /** @type {LightTable | null} */
    this.table = null;
    /** @type {string[]} */
    this.palette = [];
    /** @type {{tool: import("./tools.js").Tool, resampler: Resampler} | null} */
    this.stroke = null;
    this.events = new EventTarget();
    this.frame = 0;
    this.pen = listen ? new Pen(canvas, this) : null;
    this.render();
  }

  /**
   * Choose a tool; options that are left out keep the tool's own values.
   * @param {ToolName} name
   * @param {Partial<Options>} [options]
   */
  setTool(name, options = {}) {
    if (!(name in TOOLS)) throw new Error(`There is no tool ${name}; there are ${Object.keys(TOOLS).join(", ")}.`);
    this.tool = name;
    this.options = { ...TOOLS[name].options, ...options };
  }

  /** @param {Sample} sample where a stroke begins */
  beginStroke(sample) {
    if (this.stroke) this.endStroke();
    this.history.begin();
    this.surface.strokes++;
    const random = new Random(hash(this.seed, this.surface.strokes));
    const tool = new TOOLS[this.tool].make(this.surface, this.options, random);
    this.stroke = { tool, resampler: new Resampler(tool.spacing) };
    tool.begin(sample);
    this.stroke.resampler.push(sample);
    this.schedule();
  }

  /** @param {Sample} sample the next place of the pointer */
  continueStroke(sample) {
    if (!this.stroke) return;
    for (const point of this.stroke.resampler.push(sample)) this.stroke.tool.move(point);
    this.schedule();
  }

  /** End the stroke, if there is one. */
  endStroke() {
    if (!this.stroke) return;
    const { tool, resampler } = this.stroke;
    for (const point of resampler.finish()) tool.move(point);
    tool.end();
    this.stroke = null;
    this.history.commit();
    this.schedule();
    this.emit("stroke");
    this.emit("change");
    this.emit("history");
  }

  /** Take back the stroke that is being drawn, as when a second finger shows that it was meant as a pinch. */
  cancelStroke() {
    if (!this.stroke) return;
    this.endStroke();
    this.undo();
  }

  /**
   * Draw a whole stroke; with the same samples, tool and seed, the same pixels.
   * @param {Sample[]} samples
   */
  drawStroke(samples) {
    samples.forEach((sample, i) => (i === 0 ? this.beginStroke(sample) : this.continueStroke(sample)));
    this.endStroke();
  }

  get canUndo() {
    return this.history.past.length > 0;
  }

  get canRedo() {
    return this.history.future.length > 0;
  }

  undo() {
    this.endStroke();
    if (this.history.undo()) this.changed();
  }

  redo() {
    this.endStroke();
    if (this.history.redo()) this.changed();
  }

  /** Begin on new paper; this can be undone. */
  clear() {
    this.endStroke();
    this.history.begin();
    this.surface.touch(0, 0, this.surface.width, this.surface.height);
    this.surface.fillBare();
    this.history.commit();
    this.changed();
  }

  /** Let all washes dry, so that the next ones have sharp edges. */
  dry() {
    this.endStroke();
    this.surface.strokes += 16;
    this.emit("change");
  }

  /** Say that the whole state has changed. */
  changed() {
    this.schedule();
    this.emit("change");
    this.emit("history");
  }

  /**
   * Let a picture shine through the bare paper.
   * @param {CanvasImageSource | null} image
   * @param {number} [opacity] 0 to 1
   */
  setLightTable(image, opacity = 0.5) {
    const { width, height } = this.surface;
    this.table = null;
    if (image && opacity > 0) {
      const context = new OffscreenCanvas(width, height).getContext("2d");
      context?.drawImage(image, 0, 0, width, height);
      const pixels = context?.getImageData(0, 0, width, height).data;
      if (pixels) this.table = new LightTable(pixels, opacity);
    }
    this.surface.dirty.add(0, 0, width, height);
    this.schedule();
  }

  /** @param {string[]} colors as #rrggbb */
  setPalette(colors) {
    this.palette = [...colors];
    this.emit("palette");
  }

  /**
   * @param {number} x
   * @param {number} y
   * @returns {string} the color of the paint at a place, #rrggbb
   */
  colorAt(x, y) {
    const { width, height, data } = this.surface;
    const column = Math.min(width - 1, Math.max(0, Math.floor(x)));
    const row = Math.min(height - 1, Math.max(0, Math.floor(y)));
    const at = (row * width + column) * 4;
    return toHex([0, 1, 2].map((channel) => (data[at + channel] / FULL) ** 2));
  }

  /** Show what has changed at the next frame. */
  schedule() {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.render());
  }

  /** Show what has changed now. */
  render() {
    this.frame = 0;
    this.stroke?.tool.flush?.();
    const { dirty, width, height } = this.surface;
    if (dirty.empty) return;
    // Light falls across neighbors, so a margin of one pixel changes too.
    const left = Math.max(0, dirty.left - 1);
    const top = Math.max(0, dirty.top - 1);
    const right = Math.min(width, dirty.right + 1);
    const bottom = Math.min(height, dirty.bottom + 1);
    const image = this.context.createImageData(right - left, bottom - top);
    light(this.surface, image.data, left, top, right, bottom, this.table);
    this.context.putImageData(image, left, top);
    dirty.clear();
  }

  /** @returns {Promise<Blob>} the picture as a PNG, without the light table */
  async toBlob() {
    const { width, height } = this.surface;
    const image = new ImageData(width, height);
    light(this.surface, image.data, 0, 0, width, height);
    const canvas = new OffscreenCanvas(width, height);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.putImageData(image, 0, 0);
    return canvas.convertToBlob({ type: "image/png" });
  }

  /**
   * @param {string} name
   * @param {(detail: any) => void} listener
   * @returns {() => void} a function that stops listening
   */
  on(name, listener) {
    /** @param {Event} event */
    const handler = (event) => listener(/** @type {CustomEvent} */ (event).detail);
    this.events.addEventListener(name, handler);
    return () => this.events.removeEventListener(name, handler);
  }

  /**
   * @param {string} name
   * @param {any} [detail]
   */
  emit(name, detail) {
    this.events.dispatchEvent(new CustomEvent(name, { detail }));
  }

  destroy() {
    cancelAnimationFrame(this.frame);
    this.pen?.destroy();
  }
}
