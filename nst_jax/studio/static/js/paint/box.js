// @ts-check
/** A growing rectangle: which part has changed. */

/** A rectangle of pixels; right and bottom are not part of it. */
export class Box {
  constructor() {
    this.left = Infinity;
    this.top = Infinity;
    this.right = -Infinity;
    this.bottom = -Infinity;
  }

  clear() {
    this.left = this.top = Infinity;
    this.right = this.bottom = -Infinity;
  }

  get empty() {
    return this.left >= this.right || this.top >= this.bottom;
  }

  /**
   * Grow to contain another rectangle.
   * @param {number} left
   * @param {number} top
   * @param {number} right
   * @param {number} bottom
   */
  add(left, top, right, bottom) {
    if (left < this.left) this.left = left;
    if (top < this.top) this.top = top;
    if (right > this.right) this.right = right;
    if (bottom > this.bottom) this.bottom = bottom;
  }
}
