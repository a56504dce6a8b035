// @ts-check
/** Pencil: a small dry tip that marks the peaks of the paper; leaning it widens the mark. */

import { FULL, toLinear } from "./pigment.js";
import { WRAP } from "./paper.js";

/** @typedef {import("./stroke.js").Sample} Sample */

export class Pencil {
  /**
   * @param {import("./surface.js").Surface} surface
   * @param {import("./tools.js").Options} options
   * @param {import("./random.js").Random} random
   */
  constructor(surface, options, random) {
    this.surface = surface;
    this.options = options;
    this.random = random;
    this.radius = Math.max(0.8, options.radius);
    this.spacing = Math.max(0.5, this.radius * 0.3);
    this.color = toLinear(options.color).map((value) => Math.sqrt(value) * FULL);
    this.moved = false;
  }

  /** @param {Sample} point */
  begin(point) {
    this.point = point;
  }

  /** @param {Sample} point */
  move(point) {
    this.moved = true;
    this.mark(point);
  }

  end() {
    if (!this.moved && this.point) for (let i = 0; i < 4; i++) this.mark(this.point);
  }

  /** @param {Sample} point */
  mark(point) {
    const { surface, color, random, options } = this;
    const { width, height, data, paper } = surface;
    const radius = this.radius * (1 + 2.5 * point.tilt) * (0.7 + 0.5 * point.pressure);
    const x = point.x + random.between(-0.3, 0.3);
    const y = point.y + random.between(-0.3, 0.3);
    const x0 = Math.max(0, Math.floor(x - radius));
    const x1 = Math.min(width - 1, Math.ceil(x + radius));
    const y0 = Math.max(0, Math.floor(y - radius));
    const y1 = Math.min(height - 1, Math.ceil(y + radius));
    if (!surface.touch(x0, y0, x1 + 1, y1 + 1)) return;
    const firm = (0.25 + 0.95 * point.pressure) / (1 + 1.2 * point.tilt);
    for (let row = y0; row <= y1; row++) {
      for (let column = x0; column <= x1; column++) {
        const away = Math.hypot(column - x, row - y) / (radius + 0.5);
        if (away >= 1) continue;
        const grain = paper.grain[((row & WRAP) << 9) | (column & WRAP)] / 255;
        const contact = (firm + grain - 0.75) * 1.5;
        if (contact <= 0) continue;
        const part = Math.min(1, contact) * (1 - away * away) * 0.42 * options.opacity;
        const at = (row * width + column) * 4;
        for (let channel = 0; channel < 3; channel++) {
          data[at + channel] += (color[channel] - data[at + channel]) * part;
        }
      }
    }
  }
}
