// @ts-check
/** A tuft of bristles, each with its own place, length, paint and load. */

import { Pigment } from "./pigment.js";

/** @typedef {import("./random.js").Random} Random */
/**
 * @typedef {object} Tuft how a kind of brush is made
 * @property {number} count number of bristles at a radius of 64 pixels
 * @property {number} depth extent along the stroke, as a part of the extent across it
 * @property {number} thickness radius of one bristle, as a part of the brush's radius
 * @property {number} unevenness of color and load among bristles, 0 to 1
 */

export class Bristle {
  /**
   * @param {number} across place across the stroke, -1 to 1
   * @param {number} along place along the stroke, -1 to 1
   * @param {number} seed
   */
  constructor(across, along, seed) {
    this.across = across;
    this.along = along;
    this.seed = seed;
    /** Pressure from which it touches. */
    this.reach = 0;
    /** Paint that it holds, 0 to about 1.2. */
    this.load = 1;
    /** Thickness of the film that it leaves, relative to the others. */
    this.film = 1;
    this.paint = new Pigment([0, 0, 0]);
    /** How readily it takes up paint, relative to the others. */
    this.thirst = 1;
  }
}

/**
 * Make the bristles of a brush.
 * @param {Tuft} tuft
 * @param {number} radius of the brush in pixels
 * @param {readonly number[]} color linear red, green, blue
 * @param {Random} random
 * @returns {Bristle[]}
 */
export function makeBristles(tuft, radius, color, random) {
  const count = Math.max(9, Math.round(tuft.count * Math.min(1.4, Math.sqrt(radius / 64))));
  const bristles = [];
  for (let i = 0; i < count; i++) {
    // Evenly spread across, so that no gap is left by chance, and scattered along.
    const across = ((i + 0.5 + random.between(-0.45, 0.45)) / count) * 2 - 1;
    const round = Math.sqrt(Math.max(0, 1 - across * across));
    const along = random.between(-1, 1) * tuft.depth * (0.35 + 0.65 * round);
    const bristle = new Bristle(across, along, Math.floor(random.next() * 4294967296));
    bristle.reach = 0.1 * Math.abs(across) + 0.22 * random.next() * random.next();
    bristle.load = 1 + tuft.unevenness * random.between(-0.6, 0.25);
    bristle.film = 0.55 + 0.75 * random.next() + 0.45 * Math.abs(across) ** 6;
    // Paint is never stirred quite evenly: some bristles hold a lighter, darker or purer part of it.
    bristle.thirst = 1 + tuft.unevenness * (3.2 * random.next() ** 3 - 0.85);
    const shade = 1 + 0.2 * tuft.unevenness * random.normal();
    bristle.paint = new Pigment(
      color.map((value) => Math.min(1, Math.max(0, value * shade * (1 + 0.05 * tuft.unevenness * random.normal())))),
    );
    bristles.push(bristle);
  }
  // In a random order, so that neighbors do not cover each other from one side to the other.
  for (let i = count - 1; i > 0; i--) {
    const other = Math.floor(random.next() * (i + 1));
    [bristles[i], bristles[other]] = [bristles[other], bristles[i]];
  }
  return bristles;
}
