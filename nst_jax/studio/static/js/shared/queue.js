// @ts-check
/** The drawer with the pictures that wait, are being painted, or ended lately. */

import { cancelJob, jobUrl, pictureUrl, stopJob } from "../api.js";
import { element, find, icon } from "./elements.js";
import { KeyedList } from "./keyed-list.js";
import { announce, attempt } from "./notices.js";
import { isFinished, unfinishedJobs } from "./store.js";
import { METHOD_WORDS, STATE_WORDS, jobTitle, share, statusLine } from "./words.js";

/** @typedef {import("../types.js").Job} Job */
/** @typedef {import("./library.js").Library} Library */

const RECENT = 12;

/**
 * @param {import("./live.js").Live} live
 * @param {Library} library
 */
export function installQueue(live, library) {
  const count = element("span", { class: "count", hidden: true });
  const button = element(
    "button",
    { id: "header-queue", class: "button button-quiet", type: "button", popovertarget: "queue" },
    icon("queue"),
    element("span", { class: "button-word" }, "Queue"),
    count,
  );
  const waiting = element("ul", { class: "queue-list", "aria-label": "Waiting and being painted" });
  const recent = element("ul", { class: "queue-list", "aria-label": "Ended lately" });
  const none = element("p", { class: "quiet" }, "Nothing is waiting.");
  const heading = element("h3", {}, "Lately");
  const drawer = element(
    "aside",
    { id: "queue", class: "drawer", popover: "auto", "aria-label": "Queue" },
    element(
      "div",
      { class: "drawer-head" },
      element("h2", {}, "Queue"),
      element(
        "button",
        { class: "button-icon", popovertarget: "queue", popovertargetaction: "hide", "aria-label": "Close the queue" },
        icon("close"),
      ),
    ),
    none,
    waiting,
    heading,
    recent,
  );
  find(".header-tools").prepend(button);
  document.body.append(drawer);

  const rows = new KeyedList(
    waiting,
    (/** @type {Job} */ job) => job.id,
    (job) => makeRow(job, library),
  );
  const ended = new KeyedList(
    recent,
    (/** @type {Job} */ job) => job.id,
    (job) => makeRow(job, library),
  );
  /** @type {Map<string, Job["state"]>} */
  let before = new Map();
  const show = () => {
    const unfinished = unfinishedJobs(live.state);
    const finished = [...live.state.jobs.values()].filter(isFinished).sort(byEnd).slice(0, RECENT);
    rows.show(unfinished);
    ended.show(finished);
    none.hidden = unfinished.length > 0;
    heading.hidden = finished.length === 0;
    count.hidden = unfinished.length === 0;
    count.textContent = String(unfinished.length);
    button.setAttribute("aria-label", `Queue, ${unfinished.length} pictures`);
    before = announceChanges(before, live.state.jobs, library);
  };
  live.addEventListener("change", show);
  library.addEventListener("change", show);
  show();
}

/** @param {Job} one @param {Job} other */
const byEnd = (one, other) => (other.finished ?? 0) - (one.finished ?? 0);

/**
 * Tell screen readers which pictures have begun or ended.
 *
 * @param {Map<string, Job["state"]>} before
 * @param {ReadonlyMap<string, Job>} jobs
 * @param {Library} library
 */
function announceChanges(before, jobs, library) {
  for (const job of jobs.values()) {
    const was = before.get(job.id);
    if (was && was !== job.state && (isFinished(job) || job.state === "painting")) {
      announce(`${METHOD_WORDS[job.method]}, ${jobTitle(job, (id) => library.nameOf(id))}: ${STATE_WORDS[job.state]}`);
    }
  }
  return new Map([...jobs.values()].map((job) => [job.id, job.state]));
}

/**
 * @param {Job} first
 * @param {Library} library
 * @returns {import("./keyed-list.js").Row<Job>}
 */
function makeRow(first, library) {
  const id = first.id;
  const image = element("img", { class: "queue-image", alt: "", width: 64, height: 64, loading: "lazy" });
  const name = element("a", {
    class: "queue-name",
    href: first.experiment ? `/experiment#${first.experiment}` : `/#${id}`,
  });
  const status = element("p", { class: "queue-status" });
  const bar = element("progress", { max: 1, "aria-label": "Progress" });
  const stop = element(
    "button",
    { class: "button button-small", onclick: () => attempt(() => stopJob(id)) },
    "Stop and keep",
  );
  const cancel = element(
    "button",
    { class: "button button-small", onclick: () => attempt(() => cancelJob(id)) },
    "Cancel",
  );
  const buttons = element("div", { class: "row" }, stop, cancel);
  // The results of an experiment are hidden until its drawing is done.
  image.addEventListener("error", () => {
    const photograph = pictureUrl(first.content, "thumbnail");
    if (!hidden && image.getAttribute("src") !== photograph) image.src = photograph;
    hidden = true;
  });
  let hidden = false;
  const node = element(
    "li",
    { class: "queue-row" },
    image,
    element("div", { class: "queue-text" }, name, status, bar, buttons),
  );
  return {
    node,
    update(job) {
      const source = job.state === "done" && !hidden ? jobUrl(id, "thumbnail") : pictureUrl(job.content, "thumbnail");
      if (image.getAttribute("src") !== source) image.src = source;
      name.textContent = jobTitle(job, (picture) => library.nameOf(picture));
      const doing = isFinished(job) ? STATE_WORDS[job.state] : statusLine(job);
      status.textContent = `${METHOD_WORDS[job.method]} · ${doing}`;
      node.dataset.state = job.state;
      const done = share(job);
      bar.hidden = job.state !== "painting";
      if (done === null) bar.removeAttribute("value");
      else bar.value = done;
      stop.hidden = job.state !== "painting" || job.method === "fast";
      buttons.hidden = isFinished(job);
    },
  };
}
