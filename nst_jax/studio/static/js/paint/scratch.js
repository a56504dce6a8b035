// @ts-check
/** Memory that tools use during one stroke, kept between strokes because to make it takes longer than to clear it. */

export class Scratch {
  /** @param {{width: number, height: number, data: Uint16Array}} surface */
  constructor(surface) {
    this.surface = surface;
    this.size = surface.width * surface.height;
    /** @type {Map<string, Float32Array>} */
    this.planes = new Map();
    /** @type {Uint16Array | null} */
    this.copy = null;
    /** @type {Uint8Array | null} */
    this.flags = null;
    /** @type {Uint32Array | null} */
    this.list = null;
  }

  /**
   * @param {string} name
   * @returns {Float32Array} a number for each pixel, all zero
   */
  floats(name) {
    let plane = this.planes.get(name);
    if (plane) plane.fill(0);
    else {
      plane = new Float32Array(this.size);
      this.planes.set(name, plane);
    }
    return plane;
  }

  /** @returns {Uint8Array} a flag for each pixel, all zero */
  marks() {
    this.flags ??= new Uint8Array(this.size);
    this.flags.fill(0);
    return this.flags;
  }

  /** @returns {Uint32Array} room for the index of each pixel, undefined in content */
  indices() {
    this.list ??= new Uint32Array(this.size);
    return this.list;
  }

  /** @returns {Uint16Array} the surface's data as it is now; the next call overwrites it */
  snapshot() {
    this.copy ??= new Uint16Array(this.surface.data.length);
    this.copy.set(this.surface.data);
    return this.copy;
  }
}
