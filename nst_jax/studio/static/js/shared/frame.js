// @ts-check
/** A framed picture that changes without flicker, with a slider between it and the photograph. */

import { element } from "./elements.js";

export class Frame {
  #shown = "";
  #wanted = "";
  #loading = false;
  #alt = "";
  #fallback = "";

  /** @param {HTMLElement} container */
  constructor(container) {
    this.container = container;
    container.classList.add("frame");
    this.picture = element("img", { class: "frame-picture", alt: "", hidden: true });
    this.before = element("img", { class: "frame-before", alt: "The photograph, for comparison", hidden: true });
    this.line = element("div", { class: "frame-line", hidden: true });
    this.slider = element("input", {
      class: "frame-slider",
      type: "range",
      min: 0,
      max: 100,
      value: 50,
      "aria-label": "Before and after: how much of the photograph is shown",
      hidden: true,
      oninput: () => this.#split(),
    });
    container.append(this.picture, this.before, this.line, this.slider);
    this.#split();
  }

  #split() {
    this.container.style.setProperty("--split", `${this.slider.value}%`);
    this.slider.setAttribute("aria-valuetext", `${this.slider.value} percent photograph`);
  }

  /**
   * Set the shape of the frame before the picture is there.
   *
   * @param {number} width
   * @param {number} height
   */
  shape(width, height) {
    if (width > 0 && height > 0) this.container.style.setProperty("--ratio", String(width / height));
  }

  /**
   * Show a picture as soon as it is loaded and decoded; of several in a row, those in between are left out.
   *
   * @param {string} url empty for none
   * @param {string} alt
   * @param {string} [fallback] what is shown instead if it cannot be loaded and there is nothing yet
   */
  show(url, alt, fallback = "") {
    this.#alt = alt;
    this.#fallback = fallback;
    this.#wanted = url;
    this.picture.alt = alt;
    if (!url) {
      this.#shown = "";
      this.picture.hidden = true;
    } else if (!this.#loading) this.#load();
  }

  async #load() {
    this.#loading = true;
    while (this.#wanted && this.#wanted !== this.#shown) {
      const url = this.#wanted;
      const next = element("img", { class: "frame-picture", alt: this.#alt });
      next.src = url;
      const loaded = await next.decode().then(
        () => true,
        () => false,
      );
      this.#shown = url;
      if (!loaded) {
        // A preview that is gone already leaves the one before in its place.
        if (this.picture.hidden && url === this.#wanted && this.#fallback !== url) this.#wanted = this.#fallback;
        continue;
      }
      if (!this.#wanted) continue;
      next.alt = this.#alt;
      next.dataset.url = url;
      this.picture.replaceWith(next);
      this.picture = next;
    }
    this.#loading = false;
  }

  /**
   * Set the photograph to compare with, or none.
   *
   * @param {string|null} url
   */
  compareWith(url) {
    if (url && this.before.getAttribute("src") !== url) this.before.src = url;
    for (const part of [this.before, this.line, this.slider]) part.hidden = !url;
  }
}
