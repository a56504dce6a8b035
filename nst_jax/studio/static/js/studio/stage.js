// @ts-check
/** The large picture and what belongs to it: a view of one job, or of the form before there is one. */

import { getJob, jobUrl, pictureUrl, previewUrl } from "../api.js";
import { element, find, replaceChildren } from "../shared/elements.js";
import { Frame } from "../shared/frame.js";
import { isFinished } from "../shared/store.js";
import { STATE_WORDS, jobTitle, share, statusLine } from "../shared/words.js";
import { LossCurve } from "./loss-curve.js";
import { defaultJob, pairOf, shownOf } from "./selection.js";
import { StageActions } from "./stage-actions.js";

/** @typedef {import("../types.js").Job} Job */

/** For so long the fast picture is seen before the careful one takes its place. */
const HOLD_MS = 5000;

export class Stage {
  /** The method that the user wants to see, until another pair is shown. @type {Job["method"]|null} */
  #chosen = null;
  #compare = false;
  /** The fast job of the pair that was unfinished when it was last looked at. @type {string} */
  #awaited = "";
  #hold = false;
  /** A job that is older than those of the state. @type {Job|null} */
  #older = null;
  #asked = "";

  /**
   * @param {import("../shared/live.js").Live} live
   * @param {import("./form.js").Form} form
   * @param {import("../types.js").Options} options
   */
  constructor(live, form, options) {
    this.live = live;
    this.form = form;
    this.library = form.library;
    this.frame = new Frame(find("#frame"));
    this.curve = new LossCurve(find("#curve"));
    this.actions = new StageActions({
      options,
      form,
      open: (id) => this.open(id),
      compare: (on) => {
        this.#compare = on;
        this.update();
      },
      leave: () => this.open(""),
    });
    for (const method of /** @type {const} */ (["fast", "optimize"])) {
      find(`#show-${method}`).addEventListener("click", () => {
        this.#chosen = method;
        this.update();
      });
    }
    addEventListener("hashchange", () => {
      this.#chosen = null;
      this.update();
    });
    live.addEventListener("message", (message) => {
      const event = /** @type {CustomEvent<import("../types.js").StudioEvent>} */ (message).detail;
      // The job that is shown may be deleted in another tab.
      if (event.name === "deleted" && event.data.job === location.hash.slice(1)) {
        history.replaceState(null, "", location.pathname);
      }
    });
    for (const source of [live, form, this.library]) source.addEventListener("change", () => this.update());
    this.update();
  }

  /**
   * Show a job; its id is in the page's address, so that a reload shows it again.
   *
   * @param {string} id empty for none
   */
  open(id) {
    const address = id ? `#${id}` : location.pathname;
    if (location.hash.slice(1) !== id) history.pushState(null, "", address);
    this.#chosen = null;
    this.update();
  }

  /** @returns {Job|null} */
  #selected() {
    const id = location.hash.slice(1);
    if (!/^[0-9a-z]{20}$/.test(id)) return defaultJob(this.live.state);
    const job = this.live.state.jobs.get(id) ?? (this.#older?.id === id ? this.#older : null);
    if (!job) this.#fetch(id);
    return job;
  }

  /** @param {string} id */
  async #fetch(id) {
    if (this.#asked === id || this.live.state.sequence < 0) return;
    this.#asked = id;
    try {
      this.#older = await getJob(id);
    } catch {
      if (location.hash.slice(1) === id) history.replaceState(null, "", location.pathname);
    }
    this.update();
  }

  update() {
    const selected = this.#selected();
    const pair = selected ? pairOf(this.live.state, selected) : { fast: null, optimize: null };
    this.#await(pair.fast);
    const job = shownOf(pair, this.#chosen, this.#hold);
    find("#stage").dataset.state = job?.state ?? "empty";
    find("#stage").dataset.job = job?.id ?? "";
    this.#showSwitch(pair, job);
    if (job) this.#showJob(job);
    else this.#showDraft();
    const done = job && !isFinished(job) ? share(job) : null;
    document.title = `${done === null ? "" : `${Math.floor(100 * done)} % · `}Studio · nst-jax`;
    this.curve.show(job);
    this.actions.show(job, pair, this.#compare);
  }

  /** Hold a fast picture that has come while the page was open. @param {Job|null} fast */
  #await(fast) {
    if (fast && !isFinished(fast)) this.#awaited = fast.id;
    else if (fast?.state === "done" && fast.id === this.#awaited) {
      this.#awaited = "";
      this.#hold = true;
      setTimeout(() => {
        this.#hold = false;
        this.update();
      }, HOLD_MS);
    }
  }

  /** @param {import("./selection.js").Pair} pair @param {Job|null} job */
  #showSwitch(pair, job) {
    find("#pair-switch").hidden = !(pair.fast && pair.optimize);
    for (const method of /** @type {const} */ (["fast", "optimize"])) {
      const button = find(`#show-${method}`);
      button.setAttribute("aria-pressed", String(job?.method === method));
      const state = pair[method]?.state;
      button.dataset.state = state ?? "";
      find(".switch-state", button).textContent =
        state && state !== "done" ? `, ${STATE_WORDS[state].toLowerCase()}` : "";
    }
  }

  /** @param {Job} job */
  #showJob(job) {
    const name = jobTitle(job, (id) => this.library.nameOf(id));
    this.frame.shape(job.width, job.height);
    this.frame.show(
      pictureOf(job),
      job.state === "done" ? name : `${name}, step ${job.step}`,
      pictureUrl(job.content, "view"),
    );
    this.frame.compareWith(this.#compare && hasPicture(job) ? pictureUrl(job.content, "view") : null);
    find("#frame").classList.toggle("frame-waiting", !hasPicture(job));
    find("#stage-title").textContent = name;
    replaceChildren(find("#stage-notes"), ...job.notes.map((note) => element("li", {}, note)));
    const status = find("#stage-status");
    status.textContent = `${isFinished(job) ? `${STATE_WORDS[job.state]} · ` : ""}${statusLine(job)}`;
    status.classList.toggle("error", job.state === "failed");
    const bar = /** @type {HTMLProgressElement} */ (find("#stage-progress"));
    bar.hidden = isFinished(job);
    const done = share(job);
    if (done === null) bar.removeAttribute("value");
    else bar.value = done;
  }

  #showDraft() {
    const { content } = this.form.draft;
    const picture = content ? this.library.pictures.get(content) : null;
    if (picture) this.frame.shape(picture.width, picture.height);
    this.frame.show(picture ? pictureUrl(picture.id, "view") : "", picture ? "The photograph" : "");
    this.frame.compareWith(null);
    find("#frame").classList.add("frame-waiting");
    find("#stage-title").textContent = picture ? "Ready to paint" : "Choose a photograph and a painting";
    find("#stage-status").textContent = picture
      ? "Press “Paint”: a fast picture comes in seconds, and a careful one grows before your eyes."
      : "Drop a picture anywhere on this page, paste one, or choose a sample.";
    find("#stage-status").classList.remove("error");
    find("#stage-progress").hidden = true;
  }
}

/** @param {Job} job */
const hasPicture = (job) => job.state === "done" || (job.preview > 0 && job.state !== "cancelled");

/**
 * Return the address of what there is to see of a job: the result, a preview, or the photograph.
 *
 * @param {Job} job
 */
function pictureOf(job) {
  if (job.state === "done") return jobUrl(job.id, "view");
  return hasPicture(job) ? previewUrl(job.id, job.preview) : pictureUrl(job.content, "view");
}
