// @ts-check
/** Soft round tools: the brush with clear water, and the eraser. */

import { WRAP } from "./paper.js";
import { WET_STROKES } from "./surface.js";

/** @typedef {import("./stroke.js").Sample} Sample */
/** @typedef {import("./surface.js").Surface} Surface */
/** @typedef {import("./tools.js").Options} Options */

/**
 * Changes a pixel: its place, how far inside the disc it lies (0 at the rim, 1 in the middle), and how far the tool has
 * moved.
 * @typedef {(x: number, y: number, inside: number, dx: number, dy: number) => void} Change
 */

/** Goes over the pixels of a soft disc, point after point. */
class Round {
  /**
   * @param {Surface} surface
   * @param {Options} options
   * @param {Change} change
   */
  constructor(surface, options, change) {
    this.surface = surface;
    this.options = options;
    this.change = change;
    this.radius = Math.max(1, options.radius);
    this.spacing = Math.max(0.7, this.radius * 0.15);
    /** @type {Sample | null} */
    this.last = null;
  }

  /** @param {Sample} point */
  begin(point) {
    this.last = point;
    this.stamp(point, point);
  }

  /** @param {Sample} point */
  move(point) {
    this.stamp(point, this.last ?? point);
    this.last = point;
  }

  end() {}

  /**
   * @param {Sample} point
   * @param {Sample} last
   */
  stamp(point, last) {
    const { surface } = this;
    const { width, height } = surface;
    const radius = this.radius * (0.5 + 0.6 * point.pressure);
    const x0 = Math.max(0, Math.floor(point.x - radius));
    const x1 = Math.min(width - 1, Math.ceil(point.x + radius));
    const y0 = Math.max(0, Math.floor(point.y - radius));
    const y1 = Math.min(height - 1, Math.ceil(point.y + radius));
    if (!surface.touch(x0, y0, x1 + 1, y1 + 1)) return;
    // From the far side, so that what is dragged along is read before it is written.
    const dx = Math.round(point.x - last.x);
    const dy = Math.round(point.y - last.y);
    const tall = y1 - y0;
    const wide = x1 - x0;
    for (let j = 0; j <= tall; j++) {
      const y = dy > 0 ? y1 - j : y0 + j;
      for (let i = 0; i <= wide; i++) {
        const x = dx > 0 ? x1 - i : x0 + i;
        const away = Math.hypot(x - point.x, y - point.y) / radius;
        if (away < 1) this.change(x, y, 1 - away, dx, dy);
      }
    }
  }
}

/** Clear water: loosens paint, drags it along, thins it, and leaves the paper wet for washes to bleed into. */
export class Water extends Round {
  /**
   * @param {Surface} surface
   * @param {Options} options
   */
  constructor(surface, options) {
    super(surface, options, (x, y, inside, dx, dy) => this.wet(x, y, inside, dx, dy));
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} inside
   * @param {number} dx
   * @param {number} dy
   */
  wet(x, y, inside, dx, dy) {
    const { surface, options } = this;
    const { width, height, data, bare, dryAt } = surface;
    const pixel = y * width + x;
    const at = pixel * 4;
    const wet = Math.min(1, inside * 3);
    const drag = wet * 0.62 * options.opacity;
    const from = clamp(y - dy, height) * width + clamp(x - dx, width);
    const beside = clamp(y + dx, height) * width + clamp(x - dy, width);
    const thin = wet * 0.004 * (0.4 + options.wetness);
    for (let channel = 0; channel < 3; channel++) {
      const here = data[at + channel];
      const moved = 0.7 * data[from * 4 + channel] + 0.3 * data[beside * 4 + channel];
      const run = here + (moved - here) * drag;
      data[at + channel] = run + (bare[channel] - run) * thin;
    }
    data[at + 3] *= 1 - 0.06 * wet;
    if (inside > 0.08) dryAt[pixel] = Math.max(dryAt[pixel], surface.strokes + WET_STROKES);
  }
}

/** Takes paint off down to the paper; a light hand leaves a trace in the valleys. */
export class Eraser extends Round {
  /**
   * @param {Surface} surface
   * @param {Options} options
   */
  constructor(surface, options) {
    super(surface, options, (x, y, inside) => this.erase(x, y, inside));
  }

  /**
   * @param {number} x
   * @param {number} y
   * @param {number} inside
   */
  erase(x, y, inside) {
    const { surface, options } = this;
    const { width, data, bare, paper } = surface;
    const grain = paper.grain[((y & WRAP) << 9) | (x & WRAP)] / 255;
    const part = Math.min(1, inside * 2.5) * options.opacity * (0.45 + 0.25 * grain);
    const at = (y * width + x) * 4;
    for (let channel = 0; channel < 3; channel++) {
      const change = (bare[channel] - data[at + channel]) * part;
      // At least one step, or rounding would leave a trace for ever.
      data[at + channel] += Math.abs(change) < 1 ? Math.sign(change) : change;
    }
    data[at + 3] *= 1 - part;
    surface.dryAt[y * width + x] = 0;
  }
}

/**
 * @param {number} value
 * @param {number} size
 */
function clamp(value, size) {
  return value < 0 ? 0 : value >= size ? size - 1 : value;
}
