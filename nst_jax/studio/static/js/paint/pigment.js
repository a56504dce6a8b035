// @ts-check
/**
 * Pigments that mix as paint does, after Kubelka and Munk: opaque paint by its ratio of absorption to scattering (K/S)
 * in each band, glazes by the light that they let through. Blue and yellow make green.
 */

import { BANDS, reflect, see } from "./spectrum.js";

/** Planes store the square root of linear light in 16 bits: as even to the eye as sRGB, and cheap both ways. */
export const FULL = 65535;

/** Difference of two stored colors, summed over the channels, up to which they are almost the same. */
const NEAR = FULL / 16;

const bands = new Float64Array(BANDS);
const rgb = new Float64Array(3);

/** One color of paint. */
export class Pigment {
  /** @param {readonly number[]} linear red, green, blue in [0, 1] */
  constructor(linear) {
    this.rgb = Float64Array.from(linear);
    this.ratio = new Float64Array(BANDS);
    this.strength = 0;
    /** The color as a plane stores it. */
    this.stored = new Float64Array(3);
    this.update();
  }

  /** Compute what follows from `rgb`, after it has changed. */
  update() {
    reflect(this.rgb[0], this.rgb[1], this.rgb[2], bands);
    for (let band = 0; band < BANDS; band++) this.ratio[band] = absorption(bands[band]);
    this.strength = tinting(this.rgb[0], this.rgb[1], this.rgb[2]);
    for (let channel = 0; channel < 3; channel++) this.stored[channel] = Math.sqrt(this.rgb[channel]) * FULL + 0.5;
  }

  /**
   * Mix a color into this one.
   * @param {number} red linear
   * @param {number} green
   * @param {number} blue
   * @param {number} part of the other color, 0 to 1
   */
  blend(red, green, blue, part) {
    mixed(red, green, blue, this, 1 - part);
    this.rgb.set(rgb);
    this.update();
  }
}

/**
 * @param {number} reflectance in (0, 1]
 * @returns {number} K/S of an opaque layer
 */
function absorption(reflectance) {
  const lost = 1 - reflectance;
  return (lost * lost) / (2 * reflectance);
}

/**
 * How much of a color is a part of it. K/S of dark paint is so large that equal parts by K/S are dark throughout;
 * weighting by brightness to the 3/4 makes the middle of black and white a middle gray.
 * @param {number} red
 * @param {number} green
 * @param {number} blue
 * @returns {number}
 */
function tinting(red, green, blue) {
  const light = 0.004 + 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return Math.sqrt(light * Math.sqrt(light));
}

/**
 * Mix a color with paint into the scratch `rgb`.
 * @param {number} red linear
 * @param {number} green
 * @param {number} blue
 * @param {Pigment} paint
 * @param {number} part of the paint, 0 to 1
 */
function mixed(red, green, blue, paint, part) {
  reflect(red, green, blue, bands);
  const mine = part * paint.strength;
  const share = mine / (mine + (1 - part) * tinting(red, green, blue));
  const ratio = paint.ratio;
  for (let band = 0; band < BANDS; band++) {
    const before = absorption(bands[band]);
    const after = before + (ratio[band] - before) * share;
    bands[band] = 1 + after - Math.sqrt(after * (after + 2));
  }
  see(bands, rgb);
}

/**
 * Mix paint into a pixel of a plane of four numbers a pixel (red, green, blue, height).
 * @param {Uint16Array} data
 * @param {number} at index of the pixel's red
 * @param {Pigment} paint
 * @param {number} part of the paint, 0 to 1
 */
export function mixPixel(data, at, paint, part) {
  const stored = paint.stored;
  const difference =
    Math.abs(stored[0] - data[at]) + Math.abs(stored[1] - data[at + 1]) + Math.abs(stored[2] - data[at + 2]);
  // Colors that are almost the same mix the same way by any rule.
  if (part >= 0.995 || difference < NEAR) {
    for (let channel = 0; channel < 3; channel++) {
      data[at + channel] += Math.round((stored[channel] - data[at + channel]) * part);
    }
    return;
  }
  const red = data[at] / FULL;
  const green = data[at + 1] / FULL;
  const blue = data[at + 2] / FULL;
  mixed(red * red, green * green, blue * blue, paint, part);
  data[at] = Math.sqrt(rgb[0]) * FULL + 0.5;
  data[at + 1] = Math.sqrt(rgb[1]) * FULL + 0.5;
  data[at + 2] = Math.sqrt(rgb[2]) * FULL + 0.5;
}

/**
 * Mix two colors.
 * @param {string} first as #rrggbb
 * @param {string} second
 * @param {number} part of the second, 0 to 1
 * @returns {string} as #rrggbb
 */
export function mixColors(first, second, part) {
  const [red, green, blue] = toLinear(first);
  mixed(red, green, blue, new Pigment(toLinear(second)), part);
  return toHex(rgb);
}

/** A transparent color: what a layer of a given thickness lets through, tabled for speed. */
export class Glaze {
  /** @param {readonly number[]} linear what a layer of thickness 1 looks like on white */
  constructor(linear) {
    reflect(linear[0], linear[1], linear[2], bands);
    this.table = new Float32Array((Glaze.STEPS + 1) * BANDS);
    for (let step = 0; step <= Glaze.STEPS; step++) {
      for (let band = 0; band < BANDS; band++) {
        this.table[step * BANDS + band] = bands[band] ** ((step / Glaze.STEPS) * Glaze.THICKEST);
      }
    }
  }

  /**
   * Lay the color over a pixel.
   * @param {Uint16Array} source plane of four numbers a pixel
   * @param {Uint16Array} target plane that receives the pixel's color
   * @param {number} at index of the pixel's red in both
   * @param {number} thickness 0 to THICKEST
   */
  cover(source, target, at, thickness) {
    const red = source[at] / FULL;
    const green = source[at + 1] / FULL;
    const blue = source[at + 2] / FULL;
    reflect(red * red, green * green, blue * blue, bands);
    const place = Math.min(thickness / Glaze.THICKEST, 0.9999) * Glaze.STEPS;
    const step = Math.floor(place);
    const part = place - step;
    const table = this.table;
    for (let band = 0, low = step * BANDS; band < BANDS; band++, low++) {
      bands[band] *= table[low] + (table[low + BANDS] - table[low]) * part;
    }
    see(bands, rgb);
    target[at] = Math.sqrt(rgb[0]) * FULL + 0.5;
    target[at + 1] = Math.sqrt(rgb[1]) * FULL + 0.5;
    target[at + 2] = Math.sqrt(rgb[2]) * FULL + 0.5;
  }
}
Glaze.STEPS = 256;
Glaze.THICKEST = 2.5;

/**
 * @param {string} hex #rrggbb
 * @returns {number[]} linear red, green, blue in [0, 1]
 */
export function toLinear(hex) {
  const number = Number.parseInt(hex.slice(1), 16);
  return [16, 8, 0].map((shift) => {
    const value = ((number >> shift) & 255) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
}

/**
 * @param {number} linear light in [0, 1]
 * @returns {number} sRGB in 0 to 255, rounded
 */
export function toByte(linear) {
  return Math.round(255 * (linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055));
}

/**
 * @param {ArrayLike<number>} linear red, green, blue in [0, 1]
 * @returns {string} #rrggbb
 */
export function toHex(linear) {
  return `#${Array.from(linear)
    .slice(0, 3)
    .map((value) => toByte(value).toString(16).padStart(2, "0"))
    .join("")}`;
}
