// @ts-check
/** The pictures that the server has, by id; kept up to date by its events. */

import { listPictures } from "../api.js";
import { title } from "./words.js";

/** @typedef {import("../types.js").Picture} Picture */

/** Dispatches "change" when pictures come or go. */
export class Library extends EventTarget {
  /** @type {Map<string, Picture>} */
  pictures = new Map();

  /** @param {import("./live.js").Live} live */
  constructor(live) {
    super();
    live.addEventListener("message", (message) => {
      const event = /** @type {CustomEvent<import("../types.js").StudioEvent>} */ (message).detail;
      if (event.name !== "picture") return;
      if (event.data.deleted) this.remove(event.data.id);
      else this.add(event.data);
    });
    live.addEventListener("connection", () => {
      if (live.connection === "open") this.load();
    });
  }

  /** Read all pictures; without a server, those known so far stay. */
  async load() {
    try {
      const pictures = await listPictures();
      this.pictures = new Map(pictures.map((picture) => [picture.id, picture]));
      this.dispatchEvent(new Event("change"));
    } catch {
      // The banner says that the connection is lost, and they are read again when it is back.
    }
  }

  /** @param {Picture} picture */
  add(picture) {
    this.pictures.set(picture.id, picture);
    this.dispatchEvent(new Event("change"));
  }

  /** @param {string} id */
  remove(id) {
    this.pictures.delete(id);
    this.dispatchEvent(new Event("change"));
  }

  /**
   * Return the pictures to choose from: the user's own, newest first, and then the samples.
   *
   * @param {"content"|"style"} role samples of the other role come last
   * @returns {Picture[]}
   */
  choices(role) {
    const rank = (/** @type {Picture} */ picture) =>
      picture.kind !== "sample" ? 0 : picture.role === role ? 1 : picture.role === null ? 2 : 3;
    return [...this.pictures.values()]
      .filter((picture) => picture.kind !== "mask")
      .sort((one, other) => rank(one) - rank(other) || (rank(one) === 0 ? other.added - one.added : 0));
  }

  /** @param {string} id @returns {string} empty for a picture that is gone */
  nameOf(id) {
    const picture = this.pictures.get(id);
    if (!picture) return "";
    const bare = title(picture.name);
    // The names of the samples are ours, so that they may be made words; those of the user's files stay as they are.
    return picture.kind === "sample" ? bare.replace(/[-_]+/g, " ") : bare;
  }
}
