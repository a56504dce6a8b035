// @ts-check
/** Shows a surface: paint lit from the upper left, over paper with a slight grain, with an optional light table. */

import { FULL } from "./pigment.js";
import { WRAP } from "./paper.js";

/** @typedef {import("./surface.js").Surface} Surface */

/** Steps of the table from square root of light to sRGB bytes. */
const STEPS = 4096;
const TO_SRGB = new Uint8ClampedArray(STEPS * 2);
for (let i = 0; i < TO_SRGB.length; i++) {
  const light = (i / STEPS) ** 2;
  TO_SRGB[i] = Math.round(255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055));
}

/** How strongly slopes of paint, and of bare paper, change the light. */
const PAINT_SLOPE = 1.6;
const PAPER_SLOPE = 0.05;

/**
 * Light a rectangle of a surface.
 * @param {Surface} surface
 * @param {Uint8ClampedArray} pixels receives red, green, blue, alpha
 * @param {number} left
 * @param {number} top
 * @param {number} right
 * @param {number} bottom
 * @param {LightTable | null} table
 */
export function light(surface, pixels, left, top, right, bottom, table = null) {
  const { width, height, data, paper } = surface;
  const grain = paper.grain;
  let out = 0;
  for (let y = top; y < bottom; y++) {
    const above = (y > 0 ? y - 1 : 0) * width;
    const below = (y < height - 1 ? y + 1 : y) * width;
    const rough = (y & WRAP) << 9;
    const roughBelow = ((y + 1) & WRAP) << 9;
    for (let x = left; x < right; x++, out += 4) {
      const at = (y * width + x) * 4;
      const thick = data[at + 3] / FULL;
      const before = data[(above + (x > 0 ? x - 1 : 0)) * 4 + 3];
      const after = data[(below + (x < width - 1 ? x + 1 : x)) * 4 + 3];
      // Rising towards the lower right means facing the light.
      const slope = ((after - before) / FULL) * PAINT_SLOPE;
      const tooth = (grain[roughBelow | ((x + 1) & WRAP)] - grain[rough | (x & WRAP)]) / 255;
      const fine = tooth * PAPER_SLOPE * (1 - Math.min(1, 2 * thick));
      let shade = 1 + slope * (slope > 0 ? 0.55 : 0.9) + fine;
      if (shade < 0.35) shade = 0.35;
      // Wet paint shines where it faces the light squarely.
      const shine = slope > 0.12 ? Math.min(0.16, (slope - 0.12) * 0.4) : 0;
      const root = Math.sqrt(shade) * (STEPS / FULL);
      const lift = shine * STEPS;
      let red = TO_SRGB[(data[at] * root + lift) | 0];
      let green = TO_SRGB[(data[at + 1] * root + lift) | 0];
      let blue = TO_SRGB[(data[at + 2] * root + lift) | 0];
      if (table) {
        const part = table.opacity * table.bareness(surface, at, thick);
        const from = (y * width + x) * 4;
        red += (table.pixels[from] - red) * part;
        green += (table.pixels[from + 1] - green) * part;
        blue += (table.pixels[from + 2] - blue) * part;
      }
      pixels[out] = red;
      pixels[out + 1] = green;
      pixels[out + 2] = blue;
      pixels[out + 3] = 255;
    }
  }
}

/** A picture that shines through the bare paper. */
export class LightTable {
  /**
   * @param {Uint8ClampedArray} pixels red, green, blue, alpha, of the surface's size
   * @param {number} opacity 0 to 1
   */
  constructor(pixels, opacity) {
    this.pixels = pixels;
    this.opacity = opacity;
  }

  /**
   * @param {Surface} surface
   * @param {number} at index of the pixel
   * @param {number} thick thickness of its paint
   * @returns {number} 1 on bare paper, 0 under opaque paint
   */
  bareness(surface, at, thick) {
    const { data, bare } = surface;
    const difference =
      Math.abs(data[at] - bare[0]) + Math.abs(data[at + 1] - bare[1]) + Math.abs(data[at + 2] - bare[2]);
    const covered = (difference / FULL) * 2.5 + 4 * thick;
    return covered >= 1 ? 0 : 1 - covered;
  }
}
