// @ts-check
/** Undo and redo by tiles: only what a stroke touches is kept, and taking it back restores the exact bytes. */

/**
 * @typedef {object} Tiled what has a history: a surface or a mask
 * @property {number} width
 * @property {number} height
 * @property {number} strokes how many there have been
 * @property {{values: Uint8Array | Uint16Array, channels: number}[]} planes all that undo restores
 * @property {import("./box.js").Box} dirty
 * @property {(left: number, top: number, right: number, bottom: number) => void} beforeChange
 */
/** @typedef {{tiles: Map<number, (Uint8Array | Uint16Array)[]>, strokes: number}} Step */

const TILE = 128;

export class History {
  /**
   * @param {Tiled} surface
   * @param {number} budget bytes to keep at most; the oldest steps are forgotten first
   */
  constructor(surface, budget = 160e6) {
    this.surface = surface;
    this.budget = budget;
    this.tileBytes =
      TILE * TILE * surface.planes.reduce((sum, { values, channels }) => sum + values.BYTES_PER_ELEMENT * channels, 0);
    this.columns = Math.ceil(surface.width / TILE);
    /** @type {Step[]} */
    this.past = [];
    /** @type {Step[]} */
    this.future = [];
    /** @type {Step | null} */
    this.open = null;
    surface.beforeChange = (left, top, right, bottom) => this.keep(left, top, right, bottom);
  }

  /** Begin a step. */
  begin() {
    this.open = { tiles: new Map(), strokes: this.surface.strokes };
  }

  /**
   * Keep the tiles under a rectangle as they are before the open step changes them.
   * @param {number} left
   * @param {number} top
   * @param {number} right
   * @param {number} bottom
   */
  keep(left, top, right, bottom) {
    if (!this.open) return;
    for (let row = Math.floor(top / TILE); row * TILE < bottom; row++) {
      for (let column = Math.floor(left / TILE); column * TILE < right; column++) {
        const index = row * this.columns + column;
        if (!this.open.tiles.has(index)) this.open.tiles.set(index, this.read(index));
      }
    }
  }

  /**
   * End the open step.
   * @returns {boolean} whether it changed anything
   */
  commit() {
    const step = this.open;
    this.open = null;
    if (!step || step.tiles.size === 0) return false;
    this.past.push(step);
    this.future = [];
    let bytes = 0;
    for (let i = this.past.length - 1; i >= 0; i--) {
      bytes += this.past[i].tiles.size * this.tileBytes;
      if (bytes > this.budget && i < this.past.length - 1) {
        this.past.splice(0, i + 1);
        break;
      }
    }
    return true;
  }

  /** @returns {boolean} whether there was a step to take back */
  undo() {
    return this.swap(this.past, this.future);
  }

  /** @returns {boolean} whether there was a step to do again */
  redo() {
    return this.swap(this.future, this.past);
  }

  /**
   * @param {Step[]} from
   * @param {Step[]} to
   */
  swap(from, to) {
    const step = this.open ? undefined : from.pop();
    if (!step) return false;
    /** @type {Step} */
    const back = { tiles: new Map(), strokes: this.surface.strokes };
    for (const [index, tile] of step.tiles) {
      back.tiles.set(index, this.read(index));
      this.write(index, tile);
    }
    this.surface.strokes = step.strokes;
    to.push(back);
    return true;
  }

  /** @param {number} index */
  extent(index) {
    const left = (index % this.columns) * TILE;
    const top = Math.floor(index / this.columns) * TILE;
    return {
      left,
      top,
      right: Math.min(left + TILE, this.surface.width),
      bottom: Math.min(top + TILE, this.surface.height),
    };
  }

  /**
   * @param {number} index
   * @returns {(Uint8Array | Uint16Array)[]} copies of the planes within a tile
   */
  read(index) {
    const { left, top, right, bottom } = this.extent(index);
    const { width, planes } = this.surface;
    return planes.map(({ values, channels }) => {
      const row = (right - left) * channels;
      const copy = values.slice(0, row * (bottom - top));
      for (let y = top; y < bottom; y++) {
        const from = (y * width + left) * channels;
        copy.set(values.subarray(from, from + row), (y - top) * row);
      }
      return copy;
    });
  }

  /**
   * @param {number} index
   * @param {(Uint8Array | Uint16Array)[]} tile
   */
  write(index, tile) {
    const { left, top, right, bottom } = this.extent(index);
    const { width, planes, dirty } = this.surface;
    planes.forEach(({ values, channels }, plane) => {
      const row = (right - left) * channels;
      for (let y = top; y < bottom; y++) {
        values.set(tile[plane].subarray((y - top) * row, (y - top + 1) * row), (y * width + left) * channels);
      }
    });
    dirty.add(left, top, right, bottom);
  }
}
