// @ts-check
/** The first stage: a photograph and a painting, by chance or chosen. */

import { createExperiment, pictureUrl } from "../api.js";
import { element, find, icon, replaceChildren } from "../shared/elements.js";
import { announce, attempt } from "../shared/notices.js";
import { choosePicture } from "../studio/chooser.js";
import { pairOf, randomSeed } from "./chance.js";
import { paintIcon } from "./icons.js";

/** @typedef {"content"|"style"} Role */
/** @typedef {import("./types.js").Experiment} Experiment */

const WORDS = { content: "photograph", style: "painting" };

export class Setup {
  /**
   * @param {{live: import("../shared/live.js").Live, library: import("../shared/library.js").Library}} page
   * @param {number} seed
   * @param {(experiment: Experiment) => void} begun called when an experiment has begun
   */
  constructor({ live, library }, seed, begun) {
    this.live = live;
    this.library = library;
    this.seed = seed;
    this.begun = begun;
    /** What chance must not change. @type {Record<Role, string|null>} */
    this.locked = { content: null, style: null };
    this.another = /** @type {HTMLButtonElement} */ (find("#another"));
    this.beginButton = /** @type {HTMLButtonElement} */ (find("#begin"));
    replaceChildren(this.another, paintIcon("dice"), "Another pair");
    this.another.addEventListener("click", () => this.roll(randomSeed()));
    this.beginButton.addEventListener("click", () => attempt(() => this.begin()));
    library.addEventListener("change", () => this.show());
    this.show();
  }

  /** @returns {Record<Role, string|null>} the pair as it is now */
  get pair() {
    const chance = pairOf(this.seed, this.library.pictures.values());
    // A picture that is kept may have been deleted since.
    const kept = (/** @type {Role} */ role) => this.library.pictures.has(this.locked[role] ?? "") && this.locked[role];
    return { content: kept("content") || chance.content, style: kept("style") || chance.style };
  }

  /** @param {number} seed */
  roll(seed) {
    const before = this.pair;
    this.seed = seed;
    // A new pair should look new, as long as there is another one.
    for (let tries = 0; tries < 20 && this.isSame(before); tries++) this.seed = (this.seed + 1) % 2 ** 31;
    this.show();
    const { content, style } = this.pair;
    if (content && style) announce(`${this.library.nameOf(content)} and ${this.library.nameOf(style)}`);
  }

  /** @param {Record<Role, string|null>} before */
  isSame(before) {
    const { content, style } = this.pair;
    return content === before.content && style === before.style;
  }

  show() {
    for (const role of /** @type {const} */ (["content", "style"])) this.showCard(role);
    const { content, style } = this.pair;
    this.beginButton.disabled = !content || !style;
    this.another.disabled = Boolean(this.locked.content && this.locked.style);
    const link = /** @type {HTMLAnchorElement} */ (find("#seed-link"));
    link.href = `/experiment?seed=${this.seed}`;
    link.textContent = String(this.seed);
  }

  /** @param {Role} role */
  showCard(role) {
    const id = this.pair[role];
    const place = find(`#pair-${role}`);
    const name = id ? this.library.nameOf(id) : "";
    const key = `${id} ${name}`;
    if (place.dataset.key !== key) {
      place.dataset.key = key;
      const image = id && element("img", { src: pictureUrl(id, "view"), alt: `The ${WORDS[role]}: ${name}` });
      replaceChildren(
        place,
        image || element("p", { class: "quiet" }, "The pictures are being loaded."),
        name && element("p", { class: "pair-name" }, name),
      );
    }
    const actions = find(`#pair-${role}-actions`);
    if (actions.childElementCount === 0) this.addActions(actions, role);
    const lock = find("button[aria-pressed]", actions);
    lock.setAttribute("aria-pressed", String(this.locked[role] !== null));
  }

  /**
   * @param {HTMLElement} where
   * @param {Role} role
   */
  addActions(where, role) {
    const lock = element(
      "button",
      {
        class: "button button-small",
        type: "button",
        "aria-pressed": "false",
        title: `Keep this ${WORDS[role]} when another pair is drawn`,
      },
      paintIcon("lock"),
      `Keep this ${WORDS[role]}`,
    );
    lock.addEventListener("click", () => {
      this.locked[role] = this.locked[role] ? null : this.pair[role];
      this.show();
    });
    const choose = element(
      "button",
      { class: "button button-small", type: "button" },
      icon("plus"),
      "Choose or upload",
    );
    choose.addEventListener("click", async () => {
      const picture = await choosePicture(this.library, role, this.live.state.limits.body_bytes);
      if (!picture) return;
      this.locked[role] = picture.id;
      this.show();
      announce(`The ${WORDS[role]} is ${this.library.nameOf(picture.id)}.`);
    });
    where.append(lock, choose);
  }

  async begin() {
    this.beginButton.disabled = true;
    try {
      this.begun(await createExperiment({ seed: this.seed, ...this.pair }));
    } finally {
      this.beginButton.disabled = false;
    }
  }
}
