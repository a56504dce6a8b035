// @ts-check
/** A ring on the paper that shows how large the brush is, and where the arrow keys have moved it. */

import { element } from "../shared/elements.js";

/** @typedef {import("../paint/painting.js").Painting} Painting */

export class Ring {
  /**
   * @param {HTMLElement} frame contains the canvas
   * @param {Painting} painting
   */
  constructor(frame, painting) {
    this.frame = frame;
    this.painting = painting;
    this.node = element("div", { class: "ring", hidden: true });
    frame.append(this.node);
    this.stop = new AbortController();
    const { signal } = this.stop;
    frame.addEventListener("pointermove", (event) => this.follow(event), { signal });
    frame.addEventListener("pointerleave", () => this.hide(), { signal });
    painting.canvas.addEventListener("blur", () => this.hide(), { signal });
    painting.canvas.addEventListener("focus", () => this.showCursor(), { signal });
    painting.on("cursor", () => this.showCursor());
    painting.on("tool", () => this.resize());
  }

  /** @param {PointerEvent} event */
  follow(event) {
    if (event.pointerType === "touch") return this.hide();
    const box = this.frame.getBoundingClientRect();
    this.place(event.clientX - box.left, event.clientY - box.top);
  }

  /** Show where the keys have moved the brush. */
  showCursor() {
    const { canvas, pen } = this.painting;
    if (!pen || !canvas.matches(":focus-visible")) return;
    const box = canvas.getBoundingClientRect();
    const frame = this.frame.getBoundingClientRect();
    const x = box.left - frame.left + (pen.cursor.x / canvas.width) * box.width;
    const y = box.top - frame.top + (pen.cursor.y / canvas.height) * box.height;
    this.place(x, y);
    this.node.classList.toggle("ring-down", pen.down);
  }

  /**
   * @param {number} x in pixels of the frame
   * @param {number} y
   */
  place(x, y) {
    this.node.hidden = false;
    this.node.style.left = `${x}px`;
    this.node.style.top = `${y}px`;
    this.resize();
  }

  resize() {
    const { canvas, options } = this.painting;
    const size = Math.max(6, (2 * options.radius * canvas.getBoundingClientRect().width) / canvas.width);
    this.node.style.width = this.node.style.height = `${size}px`;
  }

  hide() {
    this.node.hidden = true;
    this.node.classList.remove("ring-down");
  }

  destroy() {
    this.stop.abort();
    this.node.remove();
  }
}
