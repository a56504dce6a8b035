// @ts-check
/** Turns pointer events and keys on a canvas into strokes: pen, mouse, one finger, or the arrow keys. */

import { SpeedPressure } from "./stroke.js";

/** @typedef {import("./stroke.js").Sample} Sample */
/**
 * @typedef {object} Strokes what receives the strokes
 * @property {(sample: Sample) => void} beginStroke
 * @property {(sample: Sample) => void} continueStroke
 * @property {() => void} endStroke
 * @property {() => void} cancelStroke
 * @property {(name: string, detail?: any) => void} emit
 * @property {(x: number, y: number) => string} colorAt
 */

/** Pixels of the screen that an arrow key moves the brush by, and with Shift. */
const STEP = 8;
const LEAP = 32;

export class Pen {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {Strokes} strokes
   */
  constructor(canvas, strokes) {
    this.canvas = canvas;
    this.strokes = strokes;
    /** Whether the next press picks a color, instead of painting. */
    this.picking = false;
    /** Whether the pointer moves the view; the owner of the view sets it. */
    this.panning = false;
    /** @type {number | null} */
    this.pointer = null;
    this.fingers = new Set();
    this.speed = new SpeedPressure();
    /** Place of the brush that the arrow keys move, in pixels of the canvas. */
    this.cursor = { x: canvas.width / 2, y: canvas.height / 2 };
    this.down = false;
    this.stop = new AbortController();
    const { signal } = this.stop;
    canvas.addEventListener("pointerdown", (event) => this.press(event), { signal });
    canvas.addEventListener("pointermove", (event) => this.drag(event), { signal });
    for (const name of /** @type {const} */ (["pointerup", "pointercancel", "lostpointercapture"])) {
      canvas.addEventListener(name, (event) => this.lift(event), { signal });
    }
    canvas.addEventListener("keydown", (event) => this.key(event), { signal });
    canvas.addEventListener("blur", () => this.raise(), { signal });
    canvas.style.touchAction = "none";
  }

  /** @param {PointerEvent} event */
  press(event) {
    if (event.pointerType === "touch") this.fingers.add(event.pointerId);
    if (this.fingers.size > 1) {
      if (this.pointer !== null) this.strokes.cancelStroke();
      this.pointer = null;
      return;
    }
    if (this.panning || this.pointer !== null || event.button !== 0) return;
    event.preventDefault();
    this.canvas.focus({ preventScroll: true });
    this.raise();
    const sample = this.sample(event);
    if (this.picking || event.altKey) {
      this.strokes.emit("color", this.strokes.colorAt(sample.x, sample.y));
      return;
    }
    this.pointer = event.pointerId;
    this.canvas.setPointerCapture(event.pointerId);
    this.speed = new SpeedPressure();
    this.strokes.beginStroke(this.pressed(event, sample));
  }

  /** @param {PointerEvent} event */
  drag(event) {
    if (event.pointerId !== this.pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length > 0 ? events : [event]) {
      this.strokes.continueStroke(this.pressed(each, this.sample(each)));
    }
  }

  /** @param {PointerEvent} event */
  lift(event) {
    this.fingers.delete(event.pointerId);
    if (event.pointerId !== this.pointer) return;
    this.pointer = null;
    this.strokes.endStroke();
  }

  /**
   * @param {PointerEvent} event
   * @returns {Sample} in pixels of the canvas
   */
  sample(event) {
    const box = this.canvas.getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) / box.width) * this.canvas.width,
      y: ((event.clientY - box.top) / box.height) * this.canvas.height,
      pressure: event.pressure,
      tilt: Math.min(1, Math.hypot(event.tiltX ?? 0, event.tiltY ?? 0) / 75),
      time: event.timeStamp,
    };
  }

  /**
   * @param {PointerEvent} event
   * @param {Sample} sample
   * @returns {Sample} with a pressure, where the device measures none
   */
  pressed(event, sample) {
    // Devices without a sensor report 0.5 for as long as they are pressed; many touch screens report 0 or 1.
    const measured = event.pointerType === "pen" || ![0, 0.5, 1].includes(event.pressure);
    return measured ? sample : this.speed.apply(sample);
  }

  /**
   * Arrow keys move the brush, space sets it down and lifts it.
   * @param {KeyboardEvent} event
   */
  key(event) {
    const moves = /** @type {Record<string, number[]>} */ ({
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    });
    const move = moves[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (move) {
      const scale = this.canvas.width / Math.max(1, this.canvas.getBoundingClientRect().width);
      const step = (event.shiftKey ? LEAP : STEP) * scale;
      this.cursor.x = Math.min(this.canvas.width, Math.max(0, this.cursor.x + move[0] * step));
      this.cursor.y = Math.min(this.canvas.height, Math.max(0, this.cursor.y + move[1] * step));
      if (this.down) this.strokes.continueStroke(this.keyed(event));
    } else if (event.key === " ") {
      if (event.repeat) return event.preventDefault();
      if (this.down) return (this.raise(), event.preventDefault());
      this.down = true;
      this.strokes.beginStroke(this.keyed(event));
    } else if (event.key === "Escape" && this.down) {
      this.raise();
    } else {
      return;
    }
    event.preventDefault();
    this.strokes.emit("cursor", { ...this.cursor, down: this.down });
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {Sample}
   */
  keyed(event) {
    return { ...this.cursor, pressure: 0.6, tilt: 0, time: event.timeStamp };
  }

  /** Lift the brush of the keys. */
  raise() {
    if (!this.down) return;
    this.down = false;
    this.strokes.endStroke();
    this.strokes.emit("cursor", { ...this.cursor, down: false });
  }

  destroy() {
    this.stop.abort();
  }
}
