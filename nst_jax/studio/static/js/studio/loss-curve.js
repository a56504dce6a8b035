// @ts-check
/** The course of the loss as a small line, with a logarithmic height. */

import { getLosses } from "../api.js";
import { element, svg } from "../shared/elements.js";
import { curvePath, rounded } from "./curve-path.js";

/** @typedef {import("../types.js").Job} Job */

const WIDTH = 320;
const HEIGHT = 72;

export class LossCurve {
  /** @type {string|null} */
  #job = null;
  /** @type {number[]} */
  #steps = [];
  /** @type {number[]} */
  #totals = [];

  /** @param {HTMLElement} container */
  constructor(container) {
    this.container = container;
    this.area = svg("path", { class: "curve-area" });
    this.line = svg("path", { class: "curve-line", "vector-effect": "non-scaling-stroke" });
    this.image = svg(
      "svg",
      { class: "curve", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" },
      this.area,
      this.line,
    );
    this.caption = element("p", { class: "help" });
    container.append(this.image, this.caption);
  }

  /** @param {Job|null} job */
  show(job) {
    const shown = job && job.method === "optimize" && job.step > 0 ? job : null;
    if (shown && shown.id !== this.#job) this.#begin(shown);
    else if (shown && shown.loss && shown.step > (this.#steps.at(-1) ?? 0)) this.#add(shown.step, shown.loss.total);
    if (!shown) this.#job = null;
    this.container.hidden = !shown || this.#steps.length < 2;
  }

  /** @param {Job} job */
  async #begin(job) {
    this.#job = job.id;
    this.#steps = [];
    this.#totals = [];
    try {
      const losses = await getLosses(job.id);
      if (this.#job !== job.id) return;
      const newer = this.#steps.map((step, index) => ({ step, total: this.#totals[index] }));
      this.#steps = [...losses.steps];
      this.#totals = [...losses.total];
      for (const { step, total } of newer) if (step > (this.#steps.at(-1) ?? 0)) this.#add(step, total);
      this.#draw();
      this.container.hidden = this.#steps.length < 2;
    } catch {
      // A curve is not worth a message: it begins with the next report.
    }
  }

  /** @param {number} step @param {number} total */
  #add(step, total) {
    this.#steps.push(step);
    this.#totals.push(total);
    this.#draw();
  }

  #draw() {
    if (this.#steps.length < 2) return;
    const { line, area } = curvePath(this.#steps, this.#totals, WIDTH, HEIGHT);
    this.line.setAttribute("d", line);
    this.area.setAttribute("d", area);
    const text = `Loss: from ${rounded(this.#totals[0])} to ${rounded(this.#totals[this.#totals.length - 1])}`;
    this.image.setAttribute("aria-label", text);
    this.caption.textContent = `${text}. It jumps up where the picture gets larger.`;
  }
}
