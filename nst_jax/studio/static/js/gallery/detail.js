// @ts-check
/** One picture of the gallery, large, with all that is known of it. */

import { createJob, deleteJob, jobUrl, pictureUrl, starJob } from "../api.js";
import { element, icon, replaceChildren } from "../shared/elements.js";
import { Frame } from "../shared/frame.js";
import { makeMenu } from "../shared/menu.js";
import { attempt, confirmDeletion, notice } from "../shared/notices.js";
import { METHOD_WORDS, jobTitle, statusLine, when } from "../shared/words.js";
import { copyText } from "../shared/copy.js";
import { commandNote, downloadLink, settingsList } from "../shared/job-parts.js";
import { again, goOn } from "../studio/variations.js";
import { neighbor } from "./pictures.js";

/** @typedef {import("../types.js").Job} Job */

export class Detail {
  /** @type {Job[]} */
  #jobs = [];
  /** @type {Job|null} */
  #job = null;
  #compare = false;

  /** @param {{library: import("../shared/library.js").Library, options: import("../types.js").Options}} needs */
  constructor({ library, options }) {
    this.library = library;
    this.options = options;
    this.title = element("h2", { id: "detail-title" });
    this.previous = this.#iconButton("left", "Previous picture", () => this.#move(-1));
    this.next = this.#iconButton("right", "Next picture", () => this.#move(1));
    const frame = element("div");
    this.side = element("div", { class: "detail-side" });
    this.dialog = element(
      "dialog",
      { class: "dialog detail", "aria-labelledby": "detail-title" },
      element(
        "div",
        { class: "dialog-head" },
        this.title,
        element(
          "div",
          { class: "row" },
          this.previous,
          this.next,
          this.#iconButton("close", "Close", () => this.dialog.close()),
        ),
      ),
      element("div", { class: "detail-body" }, element("div", { class: "mat" }, frame), this.side),
    );
    this.frame = new Frame(frame);
    this.dialog.addEventListener("keydown", (event) => {
      const typing = event.target instanceof HTMLInputElement;
      if (!typing && event.key === "ArrowLeft") this.#move(-1);
      if (!typing && event.key === "ArrowRight") this.#move(1);
    });
    this.dialog.addEventListener("close", () => {
      this.#job = null;
      history.replaceState(null, "", location.pathname);
    });
    document.body.append(this.dialog);
  }

  /** @param {string} iconName @param {string} label @param {() => void} run */
  #iconButton(iconName, label, run) {
    return element(
      "button",
      { class: "button-icon", type: "button", "aria-label": label, onclick: run },
      icon(iconName),
    );
  }

  /** @param {string} id */
  open(id) {
    const job = this.#jobs.find((each) => each.id === id);
    if (!job) return;
    this.#job = job;
    this.#compare = false;
    history.replaceState(null, "", `#${id}`);
    this.#show(job);
    if (!this.dialog.open) this.dialog.showModal();
  }

  /**
   * Take the pictures of the grid; close if the one that is open is gone.
   *
   * @param {Job[]} jobs
   */
  update(jobs) {
    this.#jobs = jobs;
    const open = this.#job;
    if (!open) return;
    const job = jobs.find((each) => each.id === open.id);
    if (!job) this.dialog.close();
    else if (job !== open) {
      this.#job = job;
      this.#show(job);
    }
  }

  /** @param {1|-1} direction */
  #move(direction) {
    const job = this.#job && neighbor(this.#jobs, this.#job.id, direction);
    if (job) this.open(job.id);
  }

  /** @param {Job} job */
  #show(job) {
    const name = jobTitle(job, (id) => this.library.nameOf(id));
    this.title.textContent = name;
    this.previous.disabled = !neighbor(this.#jobs, job.id, -1);
    this.next.disabled = !neighbor(this.#jobs, job.id, 1);
    this.frame.shape(job.width, job.height);
    this.frame.show(jobUrl(job.id, "view"), name);
    this.#showCompare(job);
    const download = makeMenu("Download", "download");
    replaceChildren(download.panel, ...this.options.formats.map((format) => downloadLink(job, format)));
    const button = (/** @type {string} */ word, /** @type {string} */ iconName, /** @type {() => unknown} */ run) =>
      element(
        "button",
        { class: "button", type: "button", onclick: () => attempt(run) },
        icon(iconName),
        element("span", {}, word),
      );
    const compare = button("Compare", "compare", () => {
      this.#compare = !this.#compare;
      compare.setAttribute("aria-pressed", String(this.#compare));
      this.#showCompare(job);
    });
    compare.setAttribute("aria-pressed", String(this.#compare));
    const star = button("Star", "star", () => starJob(job.id, !job.starred));
    star.setAttribute("aria-pressed", String(job.starred));
    const open = element(
      "a",
      { class: "button", href: `/#${job.id}` },
      icon("mask"),
      element("span", {}, "In the studio"),
    );
    const makeAgain = button("Make again", "again", () => this.#again(job));
    const copy = element(
      "button",
      { class: "button button-small", type: "button", onclick: () => attempt(() => copyText(job.command)) },
      "Copy",
    );
    replaceChildren(
      this.side,
      element("p", { class: "quiet" }, `${METHOD_WORDS[job.method]}, ${when(job.finished ?? job.created)}`),
      element("p", {}, statusLine(job)),
      this.#sources(job),
      element(
        "div",
        { class: "detail-tools" },
        download.node,
        compare,
        open,
        makeAgain,
        button("Go on from here", "plus", () => this.#goOn(job)),
        star,
        button("Delete", "delete", () => this.#delete(job)),
      ),
      settingsList(job, this.options),
      element(
        "details",
        { class: "command" },
        element("summary", {}, "The command that does the same"),
        element("div", { class: "command-line" }, element("code", {}, job.command), copy),
        element("p", { class: "help" }, commandNote(job)),
      ),
    );
  }

  /** @param {Job} job */
  #showCompare(job) {
    this.frame.compareWith(this.#compare ? pictureUrl(job.content, "view") : null);
  }

  /** @param {Job} job */
  #sources(job) {
    return element(
      "div",
      { class: "detail-sources" },
      ...[job.content, ...job.styles.map((style) => style.picture)].map((id) =>
        element(
          "figure",
          {},
          element("img", { src: pictureUrl(id, "thumbnail"), alt: "" }),
          element("figcaption", {}, this.library.nameOf(id) || "deleted since"),
        ),
      ),
    );
  }

  /** @param {Job} job */
  async #again(job) {
    await createJob(again(job));
    notice("It is in the queue, with the same settings.");
  }

  /** @param {Job} job */
  async #goOn(job) {
    await createJob(goOn(job, this.options.settings));
    notice("It is in the queue, and begins with this picture.");
  }

  /** @param {Job} job */
  async #delete(job) {
    if (await confirmDeletion("Delete this picture?", "It is removed from the studio and cannot be brought back."))
      await deleteJob(job.id);
  }
}
