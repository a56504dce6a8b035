// @ts-check
/** The mask painter: regions brushed over a photograph, exported as the picture that `--content-mask` takes. */

import { History } from "./history.js";
import { LEAST_PART, MaskField, REGION_COLORS } from "./mask-field.js";
import { Pen } from "./pen.js";

/** @typedef {import("./stroke.js").Sample} Sample */

/** Brightness of the photograph where it stays as it is, and strength of the tint where it does not. */
const DIMMED = 0.4;
const TINT = 0.38;

/**
 * @param {CanvasImageSource} image
 * @param {number} width
 * @param {number} height
 * @returns {Uint8ClampedArray} red, green, blue, alpha at that size
 */
function pixelsOf(image, width, height) {
  const canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.drawImage(image, 0, 0, width, height);
  return context.getImageData(0, 0, width, height).data;
}

/** Events: "change", "history". */
export class MaskPainting {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {{width: number, height: number, background: CanvasImageSource}} settings size in pixels, and the photograph
   */
  constructor(canvas, { width, height, background }) {
    canvas.width = width;
    canvas.height = height;
    this.canvas = canvas;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { alpha: false }));
    this.photo = pixelsOf(background, width, height);
    this.field = new MaskField(width, height);
    this.history = new History(this.field);
    this.region = 1;
    this.radius = 40;
    this.soft = false;
    /** @type {Sample | null} */
    this.last = null;
    this.frame = 0;
    this.events = new EventTarget();
    this.pen = new Pen(canvas, this);
    this.field.dirty.add(0, 0, width, height);
    this.render();
  }

  /** How many regions there are; what is too little to be read as one does not count. */
  get regions() {
    return [...this.field.parts().values()].filter((part) => part >= LEAST_PART).length;
  }

  /**
   * Begin with a mask that was painted here before; one of another size is left alone.
   *
   * @param {HTMLImageElement} image
   */
  load(image) {
    const { width, height } = this.field;
    if (image.naturalWidth !== width || image.naturalHeight !== height) return;
    this.field.load(pixelsOf(image, width, height));
    this.schedule();
  }

  /** @param {number} index 1 and up; 0 takes regions away */
  setRegion(index) {
    if (!Number.isInteger(index) || index < 0 || index > REGION_COLORS.length) {
      throw new Error(`There are regions 0 to ${REGION_COLORS.length}, not ${index}.`);
    }
    this.region = index;
  }

  /** @param {{radius: number, soft: boolean}} brush radius in pixels of the mask */
  setBrush({ radius, soft }) {
    this.radius = Math.max(0.5, radius);
    this.soft = soft;
  }

  /** @param {Sample} sample */
  beginStroke(sample) {
    this.history.begin();
    this.last = sample;
    this.continueStroke(sample);
  }

  /** @param {Sample} sample */
  continueStroke(sample) {
    if (!this.last) return;
    this.field.brush(this.last, sample, this.radius, this.soft, this.region);
    this.last = sample;
    this.schedule();
  }

  endStroke() {
    if (!this.last) return;
    this.last = null;
    this.history.commit();
    this.changed();
  }

  cancelStroke() {
    if (!this.last) return;
    this.endStroke();
    this.undo();
  }

  /**
   * Brush a whole stroke.
   * @param {Sample[]} samples
   */
  drawStroke(samples) {
    samples.forEach((sample, i) => (i === 0 ? this.beginStroke(sample) : this.continueStroke(sample)));
    this.endStroke();
  }

  undo() {
    if (this.history.undo()) this.changed();
  }

  redo() {
    if (this.history.redo()) this.changed();
  }

  invert() {
    this.step(() => this.field.invert(this.region));
  }

  clear() {
    this.step(() => this.field.clear());
  }

  /**
   * Do something that can be undone.
   * @param {() => void} action
   */
  step(action) {
    this.endStroke();
    this.history.begin();
    action();
    this.history.commit();
    this.changed();
  }

  changed() {
    this.schedule();
    this.emit("change");
    this.emit("history");
  }

  schedule() {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.render());
  }

  /** Show what has changed. */
  render() {
    this.frame = 0;
    const { dirty, width, region, cover } = this.field;
    if (dirty.empty) return;
    const across = dirty.right - dirty.left;
    const image = this.context.createImageData(across, dirty.bottom - dirty.top);
    let out = 0;
    for (let y = dirty.top; y < dirty.bottom; y++) {
      for (let pixel = y * width + dirty.left; pixel < y * width + dirty.right; pixel++, out += 4) {
        const amount = cover[pixel] / 255;
        const color = REGION_COLORS[(region[pixel] + 7) % 8];
        for (let channel = 0; channel < 3; channel++) {
          const photo = this.photo[pixel * 4 + channel];
          const tinted = photo + (color[channel] - photo) * TINT;
          image.data[out + channel] = photo * DIMMED + (tinted - photo * DIMMED) * amount;
        }
        image.data[out + 3] = 255;
      }
    }
    this.context.putImageData(image, dirty.left, dirty.top);
    dirty.clear();
  }

  /** @returns {Promise<Blob>} the mask as a PNG: white, or a flat color for each region, on black */
  async toBlob() {
    const { width, height } = this.field;
    const canvas = new OffscreenCanvas(width, height);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.putImageData(new ImageData(this.field.pixels(), width, height), 0, 0);
    return canvas.convertToBlob({ type: "image/png" });
  }

  /** @returns {string} nothing: a mask has no colors to pick */
  colorAt() {
    return "#ffffff";
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
    this.pen.destroy();
  }
}
