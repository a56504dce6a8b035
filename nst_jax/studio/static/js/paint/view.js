// @ts-check
/** Zoom and pan: the canvas keeps its pixels and is moved by a CSS transform within a frame that clips it. */

const MOST = 8;

export class View {
  /**
   * @param {HTMLElement} frame clips the canvas
   * @param {HTMLCanvasElement} canvas
   * @param {{panning: boolean} | null} pen told not to paint while the view is moved
   */
  constructor(frame, canvas, pen) {
    this.frame = frame;
    this.canvas = canvas;
    this.pen = pen;
    this.zoom = 1;
    this.x = 0;
    this.y = 0;
    /** @type {Map<number, {x: number, y: number}>} fingers, or the mouse while it pans */
    this.held = new Map();
    this.space = false;
    this.stop = new AbortController();
    const { signal } = this.stop;
    canvas.style.transformOrigin = "0 0";
    frame.addEventListener("wheel", (event) => this.wheel(event), { signal, passive: false });
    frame.addEventListener("pointerdown", (event) => this.press(event), { signal, capture: true });
    frame.addEventListener("pointermove", (event) => this.drag(event), { signal });
    for (const name of /** @type {const} */ (["pointerup", "pointercancel"])) {
      frame.addEventListener(name, (event) => this.lift(event), { signal });
    }
  }

  /**
   * Change the zoom about a place on the screen.
   * @param {number} factor
   * @param {number} [clientX] default: the middle of the frame
   * @param {number} [clientY]
   */
  zoomBy(factor, clientX, clientY) {
    const box = this.frame.getBoundingClientRect();
    const x = (clientX ?? box.left + box.width / 2) - box.left;
    const y = (clientY ?? box.top + box.height / 2) - box.top;
    const zoom = Math.min(MOST, Math.max(1, this.zoom * factor));
    this.x = x - ((x - this.x) * zoom) / this.zoom;
    this.y = y - ((y - this.y) * zoom) / this.zoom;
    this.zoom = zoom;
    this.apply();
  }

  /**
   * @param {number} dx in pixels of the screen
   * @param {number} dy
   */
  panBy(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.apply();
  }

  /** Show the whole picture. */
  reset() {
    this.zoom = 1;
    this.x = this.y = 0;
    this.apply();
  }

  apply() {
    const { clientWidth, clientHeight } = this.frame;
    this.x = Math.min(0, Math.max(clientWidth * (1 - this.zoom), this.x));
    this.y = Math.min(0, Math.max(clientHeight * (1 - this.zoom), this.y));
    this.canvas.style.transform = this.zoom === 1 ? "" : `translate(${this.x}px, ${this.y}px) scale(${this.zoom})`;
    this.canvas.style.imageRendering = this.zoom >= 3 ? "pixelated" : "";
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    // A plain wheel scrolls the page, as everywhere; with Ctrl, or pinching on a touchpad, it zooms.
    if (!event.ctrlKey && this.zoom === 1) return;
    event.preventDefault();
    if (event.ctrlKey) this.zoomBy(Math.exp(-event.deltaY / 300), event.clientX, event.clientY);
    else this.panBy(-event.deltaX, -event.deltaY);
  }

  /** @param {PointerEvent} event */
  press(event) {
    if (event.pointerType === "touch") {
      this.held.set(event.pointerId, { x: event.clientX, y: event.clientY });
    } else if (event.button === 1) {
      event.preventDefault();
      this.held.set(event.pointerId, { x: event.clientX, y: event.clientY });
      if (this.pen) this.pen.panning = true;
    }
  }

  /** @param {PointerEvent} event */
  drag(event) {
    const before = this.held.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    this.held.set(event.pointerId, now);
    if (event.pointerType !== "touch") return this.panBy(now.x - before.x, now.y - before.y);
    if (this.held.size !== 2) return;
    const [other] = [...this.held].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
    const spread = Math.hypot(now.x - other.x, now.y - other.y);
    const old = Math.hypot(before.x - other.x, before.y - other.y);
    this.panBy((now.x - before.x) / 2, (now.y - before.y) / 2);
    if (old > 0) this.zoomBy(spread / old, (now.x + other.x) / 2, (now.y + other.y) / 2);
  }

  /** @param {PointerEvent} event */
  lift(event) {
    this.held.delete(event.pointerId);
    if (this.pen && event.pointerType !== "touch") this.pen.panning = false;
  }

  destroy() {
    this.stop.abort();
  }
}
