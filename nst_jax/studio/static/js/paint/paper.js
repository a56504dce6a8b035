// @ts-check
/** The paper: a height field that repeats every SIDE pixels, and a slower noise that shapes the edges of washes. */

import { Random } from "./random.js";

/** Side of the repeated square in pixels; a power of two, so that wrapping is a bitwise and. */
export const SIDE = 512;
export const WRAP = SIDE - 1;

/** Linear light of the bare paper: red, green, blue in [0, 1]. A slightly warm white. */
export const PAPER = Object.freeze([0.965, 0.95, 0.915]);

/** Papers take long to make, and are never changed. @type {Map<number, Paper>} */
const made = new Map();

export class Paper {
  /**
   * @param {number} seed
   * @returns {Paper} that of this seed, made at most once
   */
  static of(seed) {
    const paper = made.get(seed) ?? new Paper(seed);
    made.clear();
    made.set(seed, paper);
    return paper;
  }

  /** @param {number} seed */
  constructor(seed) {
    const random = new Random(seed);
    /** Height of the paper, 0 (valley) to 255 (peak), about uniform: a threshold of t touches the share t. */
    this.grain = equalize(
      layers(random, [
        [1, 1],
        [2, 0.6],
        [5, 0.2],
        [16, 0.1],
      ]),
    );
    /** Slow variation of a wash, 0 to 255, about uniform. */
    this.cloud = equalize(
      layers(random, [
        [2, 0.06],
        [6, 0.16],
        [18, 0.4],
        [60, 1],
      ]),
    );
  }
}

/**
 * Sum noises of several sizes, each of deviation 1 before it is weighted.
 * @param {Random} random
 * @param {number[][]} sizes pairs of blur radius in pixels and weight
 * @returns {Float32Array} SIDE x SIDE values
 */
function layers(random, sizes) {
  const sum = new Float32Array(SIDE * SIDE);
  for (const [radius, weight] of sizes) {
    let noise = new Float32Array(SIDE * SIDE);
    for (let i = 0; i < noise.length; i++) noise[i] = random.next() - 0.5;
    // Three box blurs in both directions look the same from all sides, as lattices of random numbers do not.
    for (let round = 0; round < 3; round++) noise = blurRows(blurRows(noise, radius), radius);
    let square = 0;
    for (const value of noise) square += value * value;
    const scale = weight / Math.sqrt(square / noise.length);
    for (let i = 0; i < sum.length; i++) sum[i] += scale * noise[i];
  }
  return sum;
}

/**
 * Blur the rows of a square that repeats, and transpose it.
 * @param {Float32Array} values
 * @param {number} radius
 * @returns {Float32Array<ArrayBuffer>}
 */
function blurRows(values, radius) {
  const blurred = new Float32Array(values.length);
  for (let y = 0; y < SIDE; y++) {
    const row = y * SIDE;
    let sum = 0;
    for (let x = -radius; x <= radius; x++) sum += values[row + (x & WRAP)];
    for (let x = 0; x < SIDE; x++) {
      blurred[x * SIDE + y] = sum;
      sum += values[row + ((x + radius + 1) & WRAP)] - values[row + ((x - radius) & WRAP)];
    }
  }
  return blurred;
}

/**
 * Replace values by their rank, so that they are uniform.
 * @param {Float32Array} values
 * @returns {Uint8Array}
 */
function equalize(values) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const bins = 4096;
  const scale = (bins - 1) / (high - low);
  const counts = new Float64Array(bins);
  for (const value of values) counts[Math.floor((value - low) * scale)]++;
  for (let i = 1; i < bins; i++) counts[i] += counts[i - 1];
  const ranks = new Uint8Array(values.length);
  values.forEach((value, i) => {
    ranks[i] = Math.round((counts[Math.floor((value - low) * scale)] / values.length) * 255);
  });
  return ranks;
}
