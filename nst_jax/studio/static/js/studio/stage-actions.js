// @ts-check
/** The buttons below the large picture, and the command that makes the same picture. */

import { cancelJob, createJob, deleteJob, retryJob, starJob, stopJob } from "../api.js";
import { copyText } from "../shared/copy.js";
import { element, find, icon, replaceChildren } from "../shared/elements.js";
import { commandNote, downloadLink, settingsList } from "../shared/job-parts.js";
import { makeMenu } from "../shared/menu.js";
import { attempt, confirmDeletion, notice } from "../shared/notices.js";
import { isFinished } from "../shared/store.js";
import { choosePicture } from "./chooser.js";
import { draftOf } from "./draft.js";
import { again, byMethod, goOn, variationsOf } from "./variations.js";

/** @typedef {import("../types.js").Job} Job */

/**
 * @typedef {object} Needs
 * @property {import("../types.js").Options} options
 * @property {import("./form.js").Form} form
 * @property {(id: string) => void} open
 * @property {(on: boolean) => void} compare
 * @property {() => void} leave
 */

export class StageActions {
  /** @type {Job|null} */
  #job = null;
  /** @type {import("./selection.js").Pair} */
  #pair = { fast: null, optimize: null };
  #key = "";

  /** @param {Needs} needs */
  constructor(needs) {
    this.needs = needs;
    const button = (/** @type {string} */ word, /** @type {string} */ name, /** @type {(job: Job) => unknown} */ run) =>
      element(
        "button",
        {
          class: "button",
          type: "button",
          onclick: () => this.#job && attempt(() => run(/** @type {Job} */ (this.#job))),
        },
        icon(name),
        element("span", {}, word),
      );
    this.stop = button("Stop and keep", "stop", (job) => stopJob(job.id));
    this.cancel = button("Cancel", "close", () => this.#cancel());
    this.retry = button("Try again", "again", (job) => retryJob(job.id));
    this.star = button("Star", "star", (job) => starJob(job.id, !job.starred));
    this.compareButton = button("Compare", "compare", () =>
      needs.compare(this.compareButton.getAttribute("aria-pressed") !== "true"),
    );
    this.remove = button("Delete", "delete", (job) => this.#delete(job));
    this.download = makeMenu("Download", "download");
    this.again = makeMenu("Again with …", "again");
    find("#stage-actions").append(
      this.stop,
      this.cancel,
      this.retry,
      this.download.node,
      this.again.node,
      this.compareButton,
      this.star,
      this.remove,
    );
    find("#copy-command").addEventListener(
      "click",
      () => this.#job && attempt(() => copyText(/** @type {Job} */ (this.#job).command)),
    );
  }

  /**
   * @param {Job|null} job
   * @param {import("./selection.js").Pair} pair
   * @param {boolean} compare
   */
  show(job, pair, compare) {
    this.#job = job;
    this.#pair = pair;
    const done = job?.state === "done";
    const open = job !== null && !isFinished(job);
    this.stop.hidden = !(job?.state === "painting" && job.method === "optimize");
    this.cancel.hidden = !open;
    this.retry.hidden = !(job?.state === "failed" || job?.state === "cancelled");
    this.star.hidden = this.download.node.hidden = !done;
    this.again.node.hidden = this.remove.hidden = !job || open;
    this.compareButton.hidden = !job || !(done || job.preview > 0) || job.state === "cancelled";
    this.compareButton.setAttribute("aria-pressed", String(compare));
    this.star.setAttribute("aria-pressed", String(job?.starred ?? false));
    find("#command").hidden = !job;
    const key = job ? `${job.id} ${job.state}` : "";
    if (key === this.#key) return;
    this.#key = key;
    if (job) this.#fill(job);
  }

  /** @param {Job} job */
  #fill(job) {
    const { options } = this.needs;
    find("#command-text").textContent = job.command;
    replaceChildren(find("#stage-facts"), settingsList(job, options));
    find("#command-note").textContent = commandNote(job);
    replaceChildren(this.download.panel, ...options.formats.map((format) => downloadLink(job, format)));
    const variations = variationsOf(job, options.settings).map(({ label, settings }) =>
      this.#choice(label, () => this.#queue(again(job, { settings }), label)),
    );
    const more = [
      this.#choice("another photograph …", async () => this.#withPicture(job, "content")),
      this.#choice("another painting …", async () => this.#withPicture(job, "style")),
      job.method === "fast" &&
        this.#choice("care, step by step", () => this.#queue(byMethod(job, "optimize", options.settings), "care")),
      job.state === "done" &&
        this.#choice("more steps: go on from here", () => this.#queue(goOn(job, options.settings), "more steps")),
      this.#choice("no change", () => this.#queue(again(job), "the same settings")),
      this.#choice("Put these settings into the form", () => this.#load(job)),
    ];
    replaceChildren(this.again.panel, ...variations, ...more);
  }

  /** @param {string} label @param {() => unknown} run */
  #choice(label, run) {
    return element("button", { type: "button", class: "menu-item", onclick: () => attempt(run) }, label);
  }

  /** @param {import("../types.js").NewJob} job @param {string} label */
  async #queue(job, label) {
    const made = await createJob(job);
    notice(`Painting again with ${label}.`);
    this.needs.open(made.id);
  }

  /** @param {Job} job @param {"content"|"style"} role */
  async #withPicture(job, role) {
    const picture = await choosePicture(this.needs.form.library, role, Infinity);
    if (!picture) return;
    const change =
      role === "content"
        ? { content: picture.id, content_mask: null, start: null }
        : { styles: [{ picture: picture.id, weight: 1, mask: null }] };
    await this.#queue(again(job, change), this.needs.form.library.nameOf(picture.id));
  }

  /** @param {Job} job */
  #load(job) {
    const method = this.#pair.fast && this.#pair.optimize ? "both" : job.method;
    this.needs.form.set(draftOf(this.#pair.optimize ?? job, method, this.needs.options.settings));
    notice("The form has the settings of this picture.");
    find("#paint").focus();
  }

  /** Cancel what is shown; with the fast picture still to come, both are meant. */
  async #cancel() {
    const job = /** @type {Job} */ (this.#job);
    const other = job.method === "fast" ? this.#pair.optimize : null;
    await cancelJob(job.id);
    if (other && !isFinished(other)) await cancelJob(other.id);
  }

  /** @param {Job} job */
  async #delete(job) {
    if (!(await confirmDeletion("Delete this picture?", "The picture and its settings are removed from the studio.")))
      return;
    await deleteJob(job.id);
    this.needs.leave();
    find("#stage-title").focus();
  }
}
