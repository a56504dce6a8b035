// @ts-check
/** What is painted on: color and thickness of the paint, how long it stays wet, and which part has changed. */

import { Box } from "./box.js";
import { FULL } from "./pigment.js";
import { PAPER, Paper } from "./paper.js";
import { Scratch } from "./scratch.js";

export class Surface {
  /**
   * @param {number} width in pixels
   * @param {number} height
   * @param {number} seed of the paper
   */
  constructor(width, height, seed) {
    this.width = width;
    this.height = height;
    this.paper = Paper.of(seed);
    /** Four numbers a pixel: square roots of linear red, green and blue, and the thickness of the paint; 0 to 65535. */
    this.data = new Uint16Array(width * height * 4);
    /** The stroke, counted from the first, at which a pixel will have dried. */
    this.dryAt = new Uint16Array(width * height);
    /** All that undo restores. */
    this.planes = [
      { values: this.data, channels: 4 },
      { values: this.dryAt, channels: 1 },
    ];
    /** How many strokes there have been. */
    this.strokes = 0;
    this.dirty = new Box();
    /**
     * Called with a rectangle before it changes.
     * @type {(left: number, top: number, right: number, bottom: number) => void}
     */
    this.beforeChange = () => {};
    this.scratch = new Scratch(this);
    this.bare = PAPER.map((value) => Math.round(Math.sqrt(value) * FULL));
    this.fillBare();
  }

  fillBare() {
    const [red, green, blue] = this.bare;
    for (let at = 0; at < this.data.length; at += 4) {
      this.data[at] = red;
      this.data[at + 1] = green;
      this.data[at + 2] = blue;
      this.data[at + 3] = 0;
    }
    this.dryAt.fill(0);
    this.dirty.add(0, 0, this.width, this.height);
  }

  /**
   * Announce that a rectangle will change; it is clipped to the surface.
   * @param {number} left
   * @param {number} top
   * @param {number} right
   * @param {number} bottom
   * @returns {boolean} whether anything of it is on the surface
   */
  touch(left, top, right, bottom) {
    const x0 = Math.max(0, Math.floor(left));
    const y0 = Math.max(0, Math.floor(top));
    const x1 = Math.min(this.width, Math.ceil(right));
    const y1 = Math.min(this.height, Math.ceil(bottom));
    if (x0 >= x1 || y0 >= y1) return false;
    this.beforeChange(x0, y0, x1, y1);
    this.dirty.add(x0, y0, x1, y1);
    return true;
  }

  /**
   * @param {number} pixel
   * @returns {number} how wet a pixel is, 0 to 1
   */
  wetness(pixel) {
    const left = this.dryAt[pixel] - this.strokes;
    return left <= 0 ? 0 : left >= 2 ? 1 : left / 2;
  }
}

/** How many strokes it takes until a wash of much water has dried; it is damp during the last of them. */
export const WET_STROKES = 5;
