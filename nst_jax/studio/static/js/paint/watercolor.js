// @ts-check
/**
 * Watercolor: a transparent wash whose pigment gathers at its edge and settles in the valleys of the paper.
 *
 * While a stroke lasts, `depth` holds for each pixel how far inside the wash it lies (1 in the middle of the brush, 0
 * at its rim, below 0 outside), and `flow` how much pigment the brush had there. A pixel's look follows from these two,
 * from the noise of the paper and from how wet the paper was, so that a wash is even where it overlaps itself, and
 * nothing changes when the brush is lifted, but for older paint that the water has loosened.
 */

import { Box } from "./box.js";
import { Glaze, toLinear } from "./pigment.js";
import { WRAP } from "./paper.js";
import { soften } from "./soften.js";
import { WET_STROKES } from "./surface.js";

/** @typedef {import("./stroke.js").Sample} Sample */

/** How far beyond the brush a wash can bleed on wet paper, in radii. */
const BLEED = 0.75;
/** `depth` is kept above zero, so that zero means untouched. */
const OFFSET = 1 + BLEED;

export class Watercolor {
  /**
   * @param {import("./surface.js").Surface} surface
   * @param {import("./tools.js").Options} options
   * @param {import("./random.js").Random} random
   */
  constructor(surface, options, random) {
    this.surface = surface;
    this.options = options;
    this.radius = Math.max(1.5, options.radius);
    this.spacing = Math.max(1, this.radius * 0.16);
    this.glaze = new Glaze(toLinear(options.color));
    this.depth = surface.scratch.floats("depth");
    this.flow = surface.scratch.floats("flow");
    this.before = surface.scratch.snapshot();
    this.area = new Box();
    /** Pixels that have changed since `show` last painted them. */
    this.pending = surface.scratch.indices();
    this.waiting = surface.scratch.marks();
    this.count = 0;
    /** Each wash has its own edge: the noise is shifted. */
    this.shift = Math.floor(random.next() * 65536);
    /** Pigment in the brush, which thins out slowly. */
    this.pigment = 1;
    /** @type {Sample | null} */
    this.last = null;
  }

  /** @param {Sample} point */
  begin(point) {
    this.last = point;
    this.wash(point, point);
  }

  /** @param {Sample} point */
  move(point) {
    const last = this.last ?? point;
    this.pigment = Math.max(0.5, this.pigment - Math.hypot(point.x - last.x, point.y - last.y) / (this.radius * 90));
    this.wash(last, point);
    this.last = point;
  }

  /** Let the water loosen older paint, and remember how wet the paper is now. */
  end() {
    this.flush();
    const { surface, depth } = this;
    const { wetness } = this.options;
    const dries = surface.strokes + Math.round(WET_STROKES * (0.3 + 0.7 * wetness));
    const older = this.moisten(dries);
    if (older.empty || wetness < 0.05) return;
    const { left, top, right, bottom } = older;
    surface.touch(left, top, right, bottom);
    soften(
      this.before,
      surface.width,
      older,
      Math.max(1, Math.round(this.radius * 0.07)),
      (pixel) => Math.min(1, Math.max(0, (depth[pixel] - OFFSET) * 4)) * wetness * 0.75,
    );
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const pixel = y * surface.width + x;
        if (depth[pixel] > OFFSET) this.show(pixel, x, y);
      }
    }
  }

  /**
   * Remember how wet the paper is.
   * @param {number} dries the stroke at which it will have dried
   * @returns {Box} where there was paint before
   */
  moisten(dries) {
    const { surface, depth, before, area } = this;
    const [red, green, blue] = surface.bare;
    const older = new Box();
    for (let y = area.top; y < area.bottom; y++) {
      for (let x = area.left; x < area.right; x++) {
        const pixel = y * surface.width + x;
        if (depth[pixel] <= OFFSET) continue;
        if (surface.dryAt[pixel] < dries) surface.dryAt[pixel] = dries;
        const at = pixel * 4;
        if (before[at] !== red || before[at + 1] !== green || before[at + 2] !== blue) older.add(x, y, x + 1, y + 1);
      }
    }
    return older;
  }

  /**
   * Wet the way from one point to another.
   * @param {Sample} from
   * @param {Sample} to
   */
  wash(from, to) {
    const { surface, depth, flow } = this;
    const { width } = surface;
    const radius = this.radius * (0.45 + 0.75 * to.pressure);
    const reach = radius * (1 + BLEED);
    const left = Math.max(0, Math.floor(Math.min(from.x, to.x) - reach));
    const top = Math.max(0, Math.floor(Math.min(from.y, to.y) - reach));
    const right = Math.min(width, Math.ceil(Math.max(from.x, to.x) + reach));
    const bottom = Math.min(surface.height, Math.ceil(Math.max(from.y, to.y) + reach));
    if (!surface.touch(left, top, right, bottom)) return;
    this.area.add(left, top, right, bottom);
    const amount = this.pigment * (0.75 + 0.5 * to.pressure);
    const dx = to.x - from.x;
    const dy = to.y - from.y;
    const square = dx * dx + dy * dy || 1;
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        let part = ((x - from.x) * dx + (y - from.y) * dy) / square;
        part = part < 0 ? 0 : part > 1 ? 1 : part;
        const across = x - from.x - part * dx;
        const down = y - from.y - part * dy;
        const away = Math.sqrt(across * across + down * down);
        if (away >= reach) continue;
        const pixel = y * width + x;
        const value = OFFSET + 1 - away / radius;
        const old = depth[pixel];
        if (value <= old) continue;
        depth[pixel] = value;
        flow[pixel] = old === 0 ? amount : flow[pixel] + (amount - flow[pixel]) * 0.3;
        if (this.waiting[pixel] === 0) {
          this.waiting[pixel] = 1;
          this.pending[this.count++] = pixel;
        }
      }
    }
  }

  /** Paint what has changed; called once a frame, because a stroke changes the same pixels many times. */
  flush() {
    const { width } = this.surface;
    for (let i = 0; i < this.count; i++) {
      const pixel = this.pending[i];
      this.waiting[pixel] = 0;
      this.show(pixel, pixel % width, Math.floor(pixel / width));
    }
    this.count = 0;
  }

  /**
   * Paint one pixel of the wash over what was there before the stroke.
   * @param {number} pixel
   * @param {number} x
   * @param {number} y
   */
  show(pixel, x, y) {
    const { surface, options, shift } = this;
    const { paper } = surface;
    const wet = surface.wetness(pixel);
    const row = ((y + (shift >> 8)) & WRAP) << 9;
    const cloud = paper.cloud[row | ((x + shift) & WRAP)] / 255 - 0.5;
    const grain = paper.grain[((y & WRAP) << 9) | (x & WRAP)] / 255;
    const inside = this.depth[pixel] - OFFSET + (0.3 + 0.5 * wet) * cloud + 0.04 * (grain - 0.5);
    // A dry edge is sharp, a wet one spreads outwards.
    const soft = 0.9 / this.radius + 0.55 * wet;
    let cover = (inside + soft) / (2 * soft);
    if (cover <= 0) return;
    if (cover < 1) cover = cover * cover * (3 - 2 * cover);
    else cover = 1;
    const distance = inside * this.radius;
    const rim = distance > 0 ? Math.exp(-distance / (1.1 + 0.03 * this.radius)) : 0;
    const halo = distance > 0 ? 1 / (1 + 9 * inside) : 0;
    // Pigment settles in the valleys of the paper where much of it lies; elsewhere the wash is smooth.
    const patch = Math.min(1, Math.max(0, 0.35 + 1.5 * cloud));
    const finer = paper.grain[(((2 * y) & WRAP) << 9) | ((2 * x) & WRAP)] / 255;
    const settled = 1 + (1 - grain - finer) * (0.05 + 0.34 * patch * patch + 0.2 * wet * patch);
    const body = (0.46 + 0.42 * cloud + 0.2 * halo) * settled;
    const dark = rim * 0.95 * (1 - wet) * (0.7 + 0.8 * cloud);
    const thickness = cover * this.flow[pixel] * options.opacity * Math.max(0.04, body + dark);
    this.glaze.cover(this.before, surface.data, pixel * 4, thickness);
  }
}
