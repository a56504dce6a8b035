// @ts-check
/** A mask as two planes: to which region each pixel belongs, and how much; and its picture for `--content-mask`. */

import { Box } from "./box.js";

/** @typedef {import("./stroke.js").Sample} Sample */

/**
 * Flat colors of the regions from the darkest to the brightest by Rec. 601, the order in which regions take styles.
 * Region 1 has the first.
 */
export const REGION_COLORS = Object.freeze([
  [0, 0, 255],
  [255, 0, 0],
  [255, 0, 255],
  [128, 128, 128],
  [0, 255, 0],
  [0, 255, 255],
  [255, 255, 0],
  [255, 255, 255],
]);

/** Fewer gray levels than this would be read as flat regions instead of soft edges. */
const SOFT_LEVELS = 10;
/** A region of a smaller part of the mask is not read as one. */
export const LEAST_PART = 0.002;

export class MaskField {
  /**
   * @param {number} width
   * @param {number} height
   */
  constructor(width, height) {
    this.width = width;
    this.height = height;
    /** 0: stays unchanged; otherwise the number of the region. */
    this.region = new Uint8Array(width * height);
    /** How much a pixel belongs to its region, 0 to 255. */
    this.cover = new Uint8Array(width * height);
    this.planes = [
      { values: this.region, channels: 1 },
      { values: this.cover, channels: 1 },
    ];
    this.strokes = 0;
    this.dirty = new Box();
    /** @type {(left: number, top: number, right: number, bottom: number) => void} */
    this.beforeChange = () => {};
  }

  /**
   * Brush a region, or with region 0 take it away, along a line.
   * @param {Sample} from
   * @param {Sample} to
   * @param {number} radius
   * @param {boolean} soft whether the edge is a slope instead of a step
   * @param {number} region
   */
  brush(from, to, radius, soft, region) {
    const left = Math.max(0, Math.floor(Math.min(from.x, to.x) - radius));
    const top = Math.max(0, Math.floor(Math.min(from.y, to.y) - radius));
    const right = Math.min(this.width, Math.ceil(Math.max(from.x, to.x) + radius));
    const bottom = Math.min(this.height, Math.ceil(Math.max(from.y, to.y) + radius));
    if (left >= right || top >= bottom) return;
    this.beforeChange(left, top, right, bottom);
    this.dirty.add(left, top, right, bottom);
    const dx = to.x - from.x;
    const dy = to.y - from.y;
    const square = dx * dx + dy * dy || 1;
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const along = Math.min(1, Math.max(0, ((x + 0.5 - from.x) * dx + (y + 0.5 - from.y) * dy) / square));
        const away = Math.hypot(x + 0.5 - from.x - along * dx, y + 0.5 - from.y - along * dy);
        if (away > radius) continue;
        const inside = soft ? Math.min(1, (1 - away / radius) * 2) : 1;
        this.set(y * this.width + x, Math.round(255 * inside * inside * (3 - 2 * inside)), region);
      }
    }
  }

  /**
   * @param {number} pixel
   * @param {number} amount 0 to 255
   * @param {number} region
   */
  set(pixel, amount, region) {
    if (region === 0) {
      this.cover[pixel] = Math.min(this.cover[pixel], 255 - amount);
      if (this.cover[pixel] === 0) this.region[pixel] = 0;
    } else if (this.region[pixel] === region || this.region[pixel] === 0) {
      if (amount === 0) return;
      this.cover[pixel] = Math.max(this.cover[pixel], amount);
      this.region[pixel] = region;
    } else if (amount >= 128) {
      // Two regions cannot share a pixel: the new one takes it where it is the greater part.
      this.region[pixel] = region;
      this.cover[pixel] = Math.max(amount, this.cover[pixel]);
    }
  }

  /** @param {number} region that what was unchanged goes to */
  invert(region) {
    this.whole();
    for (let pixel = 0; pixel < this.cover.length; pixel++) {
      this.cover[pixel] = 255 - this.cover[pixel];
      this.region[pixel] = this.cover[pixel] === 0 ? 0 : this.region[pixel] || Math.max(1, region);
    }
  }

  clear() {
    this.whole();
    this.region.fill(0);
    this.cover.fill(0);
  }

  /**
   * Read what `pixels` has written, which cannot be undone.
   *
   * @param {Uint8ClampedArray} pixels red, green, blue, alpha
   */
  load(pixels) {
    const colors = new Uint32Array(this.cover.length);
    for (let pixel = 0; pixel < colors.length; pixel++) {
      colors[pixel] = (pixels[pixel * 4] << 16) | (pixels[pixel * 4 + 1] << 8) | pixels[pixel * 4 + 2];
    }
    const levels = new Set(colors);
    const codes = REGION_COLORS.map(([red, green, blue]) => (red << 16) | (green << 8) | blue);
    const single = levels.size >= SOFT_LEVELS || [...levels].every((color) => color === 0 || color === 0xffffff);
    for (let pixel = 0; pixel < colors.length; pixel++) {
      const region = single ? Number(colors[pixel] > 0) : codes.indexOf(colors[pixel]) + 1;
      this.region[pixel] = region;
      this.cover[pixel] = single ? colors[pixel] & 255 : region && 255;
    }
    this.dirty.add(0, 0, this.width, this.height);
  }

  whole() {
    this.beforeChange(0, 0, this.width, this.height);
    this.dirty.add(0, 0, this.width, this.height);
  }

  /** @returns {Map<number, number>} the part of the mask that each region covers */
  parts() {
    /** @type {Map<number, number>} */
    const counts = new Map();
    for (let pixel = 0; pixel < this.cover.length; pixel++) {
      if (this.cover[pixel] >= 128) counts.set(this.region[pixel], (counts.get(this.region[pixel]) ?? 0) + 1);
    }
    for (const [region, count] of counts) counts.set(region, count / this.cover.length);
    return counts;
  }

  /**
   * The mask as colors: white on black with soft edges for a single region, one flat color for each of several.
   * @returns {Uint8ClampedArray<ArrayBuffer>} red, green, blue, alpha
   */
  pixels() {
    const pixels = new Uint8ClampedArray(this.cover.length * 4);
    const several = [...this.parts().values()].filter((part) => part >= LEAST_PART).length > 1;
    const levels = new Set(this.cover);
    const soft = !several && levels.size >= SOFT_LEVELS;
    for (let pixel = 0; pixel < this.cover.length; pixel++) {
      const amount = soft ? this.cover[pixel] : this.cover[pixel] >= 128 ? 255 : 0;
      const color = several ? REGION_COLORS[(this.region[pixel] + 7) % 8] : [255, 255, 255];
      for (let channel = 0; channel < 3; channel++) {
        pixels[pixel * 4 + channel] = Math.round((color[channel] * amount) / 255);
      }
      pixels[pixel * 4 + 3] = 255;
    }
    return pixels;
  }
}
