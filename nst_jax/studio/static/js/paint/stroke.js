// @ts-check
/** From pointer samples to evenly spaced points on a smooth curve. */

/**
 * @typedef {object} Sample where the pointer was
 * @property {number} x in pixels of the picture
 * @property {number} y
 * @property {number} pressure 0 to 1
 * @property {number} tilt 0 (upright) to 1 (lying)
 * @property {number} time in milliseconds
 */

/** Speed in pixels a millisecond at which a mouse presses half as hard as at rest. */
const HALF_SPEED = 2.2;

/**
 * Gives devices without pressure a pressure from their speed: slow is firm, fast is light.
 */
export class SpeedPressure {
  constructor() {
    /** @type {Sample | null} */
    this.last = null;
    this.pressure = 0.6;
  }

  /**
   * @param {Sample} sample
   * @returns {Sample} the sample with a pressure of 0.42 to 0.78
   */
  apply(sample) {
    if (this.last) {
      const elapsed = Math.max(1, sample.time - this.last.time);
      const speed = Math.hypot(sample.x - this.last.x, sample.y - this.last.y) / elapsed;
      const wanted = 0.42 + 0.36 / (1 + speed / HALF_SPEED);
      this.pressure += (wanted - this.pressure) * Math.min(1, elapsed / 80);
    }
    this.last = sample;
    return { ...sample, pressure: this.pressure };
  }
}

/** Lays points at a fixed spacing along a Catmull-Rom curve through the samples. */
export class Resampler {
  /** @param {number} spacing in pixels */
  constructor(spacing) {
    this.spacing = Math.max(0.25, spacing);
    /** @type {Sample[]} the last four samples */
    this.samples = [];
    /** Length left until the next point. */
    this.rest = 0;
  }

  /**
   * @param {Sample} sample
   * @returns {Sample[]} the points that are certain now; the curve lags one sample behind
   */
  push(sample) {
    const last = this.samples.at(-1);
    if (last && Math.hypot(sample.x - last.x, sample.y - last.y) < 0.5) {
      last.pressure = Math.max(last.pressure, sample.pressure);
      return [];
    }
    this.samples.push(sample);
    if (this.samples.length < 3) return [];
    const points = this.segment(this.samples.at(-4) ?? this.samples[0]);
    if (this.samples.length > 3) this.samples.shift();
    return points;
  }

  /** @returns {Sample[]} the points up to the last sample */
  finish() {
    const last = this.samples.at(-1);
    if (!last || this.samples.length < 2) return [];
    this.samples.push(last);
    return this.segment(this.samples.at(-4) ?? this.samples[0]);
  }

  /**
   * Points between the last but two and the last but one sample.
   * @param {Sample} before the sample before these
   * @returns {Sample[]}
   */
  segment(before) {
    const [start, end, after] = this.samples.slice(-3);
    const length = Math.hypot(end.x - start.x, end.y - start.y);
    const parts = Math.max(1, Math.ceil(length / Math.min(2, this.spacing)));
    /** @type {Sample[]} */
    const points = [];
    let previous = start;
    for (let part = 1; part <= parts; part++) {
      const next = between(before, start, end, after, part / parts);
      let step = Math.hypot(next.x - previous.x, next.y - previous.y);
      while (step > 0 && this.rest <= step) {
        previous = mix(previous, next, this.rest / step);
        points.push(previous);
        step -= this.rest;
        this.rest = this.spacing;
      }
      this.rest -= step;
      previous = next;
    }
    return points;
  }
}

/**
 * @param {Sample} before
 * @param {Sample} start
 * @param {Sample} end
 * @param {Sample} after
 * @param {number} part
 * @returns {Sample} on the curve from start to end
 */
function between(before, start, end, after, part) {
  const straight = mix(start, end, part);
  const square = part * part;
  const cube = square * part;
  /** @param {"x" | "y"} axis */
  const curve = (axis) =>
    0.5 *
    (2 * start[axis] +
      (end[axis] - before[axis]) * part +
      (2 * before[axis] - 5 * start[axis] + 4 * end[axis] - after[axis]) * square +
      (3 * start[axis] - before[axis] - 3 * end[axis] + after[axis]) * cube);
  return { ...straight, x: curve("x"), y: curve("y") };
}

/**
 * @param {Sample} from
 * @param {Sample} to
 * @param {number} part
 * @returns {Sample}
 */
function mix(from, to, part) {
  /** @param {"x" | "y" | "pressure" | "tilt" | "time"} name */
  const value = (name) => from[name] + (to[name] - from[name]) * part;
  return {
    x: value("x"),
    y: value("y"),
    pressure: value("pressure"),
    tilt: value("tilt"),
    time: value("time"),
  };
}
