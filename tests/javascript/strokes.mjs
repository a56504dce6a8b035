/** Helpers of the tests: strokes on a surface without a canvas. */

import { Random } from "../../nst_jax/studio/static/js/paint/random.js";
import { Resampler } from "../../nst_jax/studio/static/js/paint/stroke.js";
import { Surface } from "../../nst_jax/studio/static/js/paint/surface.js";
import { TOOLS } from "../../nst_jax/studio/static/js/paint/tools.js";

export const WIDTH = 160;
export const HEIGHT = 120;

/** @returns {Surface} bare paper */
export const makeSurface = () => new Surface(WIDTH, HEIGHT, 3);

/** Points of a straight line. */
export function line(x0, y0, x1, y1, pressure = 0.6, count = 12) {
  return Array.from({ length: count }, (_, i) => {
    const part = i / Math.max(1, count - 1);
    return { x: x0 + (x1 - x0) * part, y: y0 + (y1 - y0) * part, pressure, tilt: 0, time: i * 16 };
  });
}

/** Draw one stroke as `Painting` does. */
export function draw(surface, name, samples, options = {}, seed = 1) {
  surface.strokes++;
  const tool = new TOOLS[name].make(surface, { ...TOOLS[name].options, radius: 12, ...options }, new Random(seed));
  const resampler = new Resampler(tool.spacing);
  tool.begin(samples[0]);
  for (const sample of samples) for (const point of resampler.push(sample)) tool.move(point);
  for (const point of resampler.finish()) tool.move(point);
  tool.end();
  return surface;
}

/** Red, green, blue (sRGB bytes, unrounded) and thickness of one pixel. */
export function pixel(surface, x, y) {
  const at = (Math.round(y) * surface.width + Math.round(x)) * 4;
  const [red, green, blue] = [0, 1, 2].map((channel) => 255 * (surface.data[at + channel] / 65535) ** (2 / 2.2));
  return { red, green, blue, thick: surface.data[at + 3] / 65535 };
}

/** Mean brightness of a part of a row. */
export function brightness(surface, x0, x1, y) {
  let sum = 0;
  for (let x = x0; x < x1; x++) {
    const { red, green, blue } = pixel(surface, x, y);
    sum += (red + green + blue) / 3;
  }
  return sum / (x1 - x0);
}
