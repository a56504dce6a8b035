// @ts-check
/** Seeded random numbers: the same seed gives the same pixels on every machine. */

/** A small generator of random numbers (mulberry32): fast, 32 bits of state, integers only. */
export class Random {
  /** @param {number} seed any integer */
  constructor(seed) {
    this.state = seed >>> 0;
  }

  /** @returns {number} the next number, uniform in [0, 1) */
  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  /**
   * @param {number} low
   * @param {number} high
   * @returns {number} uniform in [low, high)
   */
  between(low, high) {
    return low + (high - low) * this.next();
  }

  /** @returns {number} roughly normal with mean 0 and deviation 1, within [-3, 3] */
  normal() {
    return 2 * (this.next() + this.next() + this.next() - 1.5);
  }

  /**
   * Derive an independent generator, for example one for each stroke.
   * @param {number} index
   * @returns {Random}
   */
  fork(index) {
    return new Random(hash(this.state, index));
  }
}

/**
 * Hash two integers to 32 bits.
 * @param {number} first
 * @param {number} second
 * @returns {number} an unsigned integer
 */
export function hash(first, second) {
  let mixed = Math.imul(first ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(second + 0x7f4a7c15, 0xc2b2ae35);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/**
 * Smooth noise along a line, for what varies along a stroke.
 * @param {number} seed
 * @param {number} position
 * @returns {number} in [0, 1]
 */
export function noise1(seed, position) {
  const cell = Math.floor(position);
  const part = position - cell;
  const ease = part * part * (3 - 2 * part);
  const before = hash(seed, cell) / 4294967296;
  const after = hash(seed, cell + 1) / 4294967296;
  return before + (after - before) * ease;
}
