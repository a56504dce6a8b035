// @ts-check
/** Palette knife: a straight blade that lays a smooth slab of paint, then smears and scrapes what it meets. */

import { Acrylic } from "./acrylic.js";

/** @type {import("./acrylic.js").Kind} */
const BLADE = {
  tuft: { count: 110, depth: 0.03, thickness: 0.045, unevenness: 0.3 },
  reach: 8,
  extra: 420,
  pickup: 0.1,
  film: 0.55,
  carve: 2.6,
  residue: 0,
};

export class Knife extends Acrylic {
  /**
   * @param {import("./surface.js").Surface} surface
   * @param {import("./tools.js").Options} options
   * @param {import("./random.js").Random} random
   */
  constructor(surface, options, random) {
    super(surface, options, random, BLADE);
    // A blade has no hairs: it leaves one even film, a ridge at either end, and nothing where it holds no paint.
    // Patches of the blade hold together.
    const patches = Array.from({ length: 9 }, () => [
      Math.floor(random.next() * 4294967296),
      random.between(0.75, 1.15),
    ]);
    for (const bristle of this.bristles) {
      const [seed, load] = patches[Math.floor((bristle.across + 1) * 4.499)];
      bristle.reach = 0;
      bristle.seed = seed;
      bristle.load = load;
      bristle.film = 0.62 + 0.02 * bristle.film + 0.9 * Math.abs(bristle.across) ** 24;
    }
  }
}
