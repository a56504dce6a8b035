// @ts-check
/** The masks that are being painted, each on a canvas of its own, so that changing between them loses no stroke. */

import { pictureUrl } from "../api.js";
import { MaskPainting } from "../paint/mask.js";
import { element } from "../shared/elements.js";

/**
 * @typedef {object} Sheet
 * @property {string} target
 * @property {string} picture
 * @property {string|null} mask the one in use that its strokes began with, or became
 * @property {MaskPainting} painting
 * @property {HTMLCanvasElement} canvas
 */

/** The mask is painted at this size at most, so that the brush stays quick; it is scaled when it is used. */
const LONG_SIDE = 1024;

export class MaskSheets {
  /** @type {Map<string, Sheet>} */
  #sheets = new Map();

  /**
   * Return the sheet of a target, which begins with the mask that is in use.
   *
   * @param {string} target
   * @param {string} picture
   * @param {string|null} mask
   * @param {string} label
   * @returns {Promise<Sheet>}
   */
  async open(target, picture, mask, label) {
    const sheet = this.#sheets.get(target);
    if (sheet && sheet.picture === picture && (mask === null || mask === sheet.mask)) return sheet;
    const image = await loaded(pictureUrl(picture, "view"));
    const old = mask && (await loaded(pictureUrl(mask, "file")));
    const factor = Math.min(1, LONG_SIDE / Math.max(image.naturalWidth, image.naturalHeight));
    const [width, height] = [image.naturalWidth, image.naturalHeight].map((side) =>
      Math.max(1, Math.round(side * factor)),
    );
    const canvas = element("canvas", { class: "mask-canvas", tabindex: 0, "aria-label": label });
    const painting = new MaskPainting(canvas, { width, height, background: image });
    if (old) painting.load(old);
    this.#forget(target);
    const made = { target, picture, mask, painting, canvas };
    this.#sheets.set(target, made);
    return made;
  }

  /** Forget the sheets of pictures that were exchanged. @param {{target: string, picture: string}[]} targets */
  keep(targets) {
    const kept = new Map(targets.map(({ target, picture }) => [target, picture]));
    for (const [target, sheet] of this.#sheets) if (kept.get(target) !== sheet.picture) this.#forget(target);
  }

  /** @param {string} target */
  #forget(target) {
    this.#sheets.get(target)?.painting.destroy();
    this.#sheets.delete(target);
  }
}

/** @param {string} address @returns {Promise<HTMLImageElement>} */
async function loaded(address) {
  const image = element("img", { alt: "" });
  image.src = address;
  await image.decode();
  return image;
}
