// @ts-check
/** Acrylic: a flat brush of bristles that leaves thick paint, drags what it meets along, and runs dry. */

import { makeBristles } from "./bristles.js";
import { FULL, mixPixel, toLinear } from "./pigment.js";
import { WRAP } from "./paper.js";
import { noise1 } from "./random.js";

/** @typedef {import("./stroke.js").Sample} Sample */
/** @typedef {import("./surface.js").Surface} Surface */
/** @typedef {import("./random.js").Random} Random */
/** @typedef {import("./bristles.js").Bristle} Bristle */
/** @typedef {import("./tools.js").Options} Options */

/**
 * @typedef {object} Kind what tells brushes of this sort apart
 * @property {import("./bristles.js").Tuft} tuft
 * @property {number} reach length of a stroke until the paint has run out, in radii
 * @property {number} extra length that comes on top of it, in pixels: small brushes hold more for their size
 * @property {number} pickup part of its paint that a bristle exchanges with the surface in a step, at full wetness
 * @property {number} film thickness of the paint that is left, 0 to 1
 * @property {number} carve how much of older relief is leveled, 0 to 1
 * @property {number} residue load that never runs out
 */

/** @type {Kind} */
export const BRUSH = {
  tuft: { count: 74, depth: 0.34, thickness: 0.062, unevenness: 1 },
  reach: 10,
  extra: 1500,
  pickup: 0.045,
  film: 0.5,
  carve: 0.7,
  residue: 0.1,
};

export class Acrylic {
  /**
   * @param {Surface} surface
   * @param {Options} options
   * @param {Random} random
   * @param {Kind} kind
   */
  constructor(surface, options, random, kind = BRUSH) {
    this.surface = surface;
    this.options = options;
    this.kind = kind;
    this.radius = options.radius;
    this.dot = Math.max(0.9, this.radius * kind.tuft.thickness);
    this.spacing = Math.max(0.7, this.dot * 0.62);
    this.bristles = makeBristles(kind.tuft, this.radius, toLinear(options.color), random);
    this.before = surface.scratch.snapshot();
    this.heading = random.between(-0.4, 0.4);
    this.turned = false;
    this.length = 0;
    /** @type {Sample | null} */
    this.last = null;
  }

  /** @param {Sample} point where the brush is set down */
  begin(point) {
    this.last = point;
  }

  /** @param {Sample} point the next point of the stroke */
  move(point) {
    const last = this.last ?? point;
    const step = Math.hypot(point.x - last.x, point.y - last.y);
    if (step > 0) this.turn(Math.atan2(point.y - last.y, point.x - last.x));
    this.length += step;
    this.last = point;
    this.press(point, step);
  }

  /** Lift the brush; a mere tap leaves a short dab. */
  end() {
    if (!this.last || this.length > 0) return;
    const { x, y } = this.last;
    for (let i = 0; i < 6; i++) {
      const along = (i / 5 - 0.5) * this.radius * 0.5;
      this.press({ ...this.last, x: x + along * Math.cos(this.heading), y: y + along * Math.sin(this.heading) }, 1);
    }
  }

  /**
   * Follow the direction of the stroke with the ferrule, slowly enough for corners to stay round.
   * @param {number} wanted angle in radians
   */
  turn(wanted) {
    let angle = wanted - this.heading;
    angle -= 2 * Math.PI * Math.round(angle / (2 * Math.PI));
    const pace = this.turned ? Math.min(1, (2.2 * this.spacing) / this.radius) : 1;
    this.heading += angle * pace;
    this.turned = true;
  }

  /**
   * Press all bristles on the surface.
   * @param {Sample} point
   * @param {number} step length since the last point
   */
  press(point, step) {
    const { radius, dot, kind, surface } = this;
    const spread = radius * (0.5 + 0.5 * Math.min(1, point.pressure * 1.5)) * (1 + 0.3 * point.tilt);
    const reach = spread + dot + 2;
    if (!surface.touch(point.x - reach, point.y - reach, point.x + reach, point.y + reach)) return;
    const cos = Math.cos(this.heading);
    const sin = Math.sin(this.heading);
    const spent = step / (radius * kind.reach + kind.extra);
    for (const bristle of this.bristles) {
      if (point.pressure < bristle.reach) continue;
      const place = this.length / radius;
      const sway = 0.05 * (noise1(bristle.seed, place * 0.8) - 0.5);
      const across = (bristle.across + sway) * spread;
      const along = bristle.along * spread;
      const x = point.x + along * cos - across * sin;
      const y = point.y + along * sin + across * cos;
      const clump = noise1(bristle.seed + 1, place * 2.6) - 0.5;
      this.stamp(bristle, x, y, point.pressure, clump);
      bristle.load = Math.max(kind.residue * bristle.film, bristle.load - spent * (0.7 + 0.6 * bristle.film));
    }
  }

  /**
   * Touch the surface with one bristle.
   * @param {Bristle} bristle
   * @param {number} x
   * @param {number} y
   * @param {number} pressure
   * @param {number} clump unevenness along the stroke, -0.5 to 0.5
   */
  stamp(bristle, x, y, pressure, clump) {
    const { surface, dot, kind, options } = this;
    const { width, height, data, paper } = surface;
    const x0 = Math.max(0, Math.ceil(x - dot));
    const x1 = Math.min(width - 1, Math.floor(x + dot));
    const y0 = Math.max(0, Math.ceil(y - dot));
    const y1 = Math.min(height - 1, Math.floor(y + dot));
    if (x0 > x1 || y0 > y1) return;
    this.pick(bristle, (Math.round((y0 + y1) / 2) * width + Math.round((x0 + x1) / 2)) * 4);
    const grip = bristle.load * (1.35 + 0.9 * clump) + 0.5 * (pressure - 0.5) + 0.25 * clump;
    const landing = Math.min(1, 0.25 + this.length / (0.5 * this.radius));
    const film =
      landing * FULL * Math.min(0.98, kind.film * bristle.film * Math.min(1, 0.15 + bristle.load) * (1 + 0.5 * clump));
    const scale = 1 / (dot * dot);
    for (let row = y0; row <= y1; row++) {
      const down = (row - y) * (row - y) * scale;
      const grain = (row & WRAP) << 9;
      for (let column = x0; column <= x1; column++) {
        const away = (column - x) * (column - x) * scale + down;
        if (away >= 1) continue;
        const at = (row * width + column) * 4;
        const relief = data[at + 3] / FULL;
        // A loaded bristle fills the valleys; a dry one touches the peaks of paper and of older paint.
        const peak = paper.grain[grain | (column & WRAP)] / 255 + 0.5 * relief;
        const contact = (grip - 0.95 + 0.7 * peak) * 3;
        if (contact <= 0) continue;
        const part = (1 - away) * (contact < 1 ? contact : 1) * options.opacity;
        if (part < 0.02) continue;
        mixPixel(data, at, bristle.paint, part);
        const change = film - data[at + 3];
        data[at + 3] += change * part * (change > 0 ? 0.6 : 0.6 * kind.carve * 0.5);
      }
    }
  }

  /**
   * Take up paint that lies under a bristle.
   * @param {Bristle} bristle
   * @param {number} at index of the pixel
   */
  pick(bristle, at) {
    // What this stroke itself has left is not taken up again: at its edges, that is paint thinned by white paper.
    const data = this.before;
    const lying = data[at + 3] / FULL;
    if (lying < 0.06) return;
    const part = this.kind.pickup * this.options.wetness * bristle.thirst * Math.min(1, 3 * (lying - 0.06));
    const red = data[at] / FULL;
    const green = data[at + 1] / FULL;
    const blue = data[at + 2] / FULL;
    const color = bristle.paint.rgb;
    const other =
      Math.abs(red * red - color[0]) + Math.abs(green * green - color[1]) + Math.abs(blue * blue - color[2]);
    if (other < 0.004) return;
    bristle.paint.blend(red * red, green * green, blue * blue, part);
    bristle.load = Math.min(1, bristle.load + 0.15 * part * lying);
  }
}
