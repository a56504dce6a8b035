// @ts-check
/** The draft of the form: kept in the browser's storage, and told to all parts when it changes. */

import { emptyDraft, parseDraft, withContent, withStyle, withoutLost } from "./draft.js";

/** @typedef {import("./draft.js").Draft} Draft */

const KEY = "nst-jax draft";

/** Dispatches "change" when the draft has changed, and "mask" (a CustomEvent) when a mask is to be painted. */
export class Form extends EventTarget {
  /** @type {Draft} */
  draft = emptyDraft();

  /** @param {import("../shared/library.js").Library} library */
  constructor(library) {
    super();
    this.library = library;
    try {
      this.draft = parseDraft(localStorage.getItem(KEY));
    } catch {
      // Without storage, each visit begins with the samples.
    }
    library.addEventListener("change", () => this.#check());
  }

  /** @param {Draft} draft */
  set(draft) {
    if (draft === this.draft) return;
    this.draft = draft;
    try {
      localStorage.setItem(KEY, JSON.stringify(draft));
    } catch {
      // The draft then lasts as long as the page.
    }
    this.dispatchEvent(new Event("change"));
  }

  /** Ask for the mask tab. @param {import("./draft-masks.js").Target} target */
  editMask(target) {
    this.dispatchEvent(new CustomEvent("mask", { detail: target }));
  }

  /** Drop pictures that were deleted, and begin with a pair of samples, so that the first click can be "Paint". */
  #check() {
    if (this.library.pictures.size === 0) return;
    let draft = withoutLost(this.draft, (id) => this.library.pictures.has(id));
    for (const picture of this.library.pictures.values()) {
      if (picture.kind !== "sample") continue;
      if (!draft.content && picture.role === "content") draft = withContent(draft, picture.id);
      if (draft.styles.length === 0 && picture.role === "style") draft = withStyle(draft, picture.id);
    }
    this.set(draft);
  }
}
