// @ts-check
/** What the two methods are doing, in words: their pictures stay hidden while one draws. */

import { element, find, replaceChildren } from "../shared/elements.js";
import { isFinished } from "../shared/store.js";
import { METHOD_WORDS, share, statusLine } from "../shared/words.js";

/** @typedef {import("./types.js").Experiment} Experiment */

/**
 * @param {Experiment} experiment
 * @param {import("../shared/live.js").Live} live
 */
export function showMethods(experiment, live) {
  const where = find("#methods");
  if (where.dataset.experiment !== experiment.id) {
    where.dataset.experiment = experiment.id;
    const rows = /** @type {const} */ (["fast", "optimize"]).map((method) =>
      element(
        "div",
        { class: "method", "data-method": method },
        element("h2", {}, METHOD_WORDS[method]),
        element("p", { class: "help" }),
        element("progress", { max: 1, "aria-label": `${METHOD_WORDS[method]}: progress` }),
      ),
    );
    replaceChildren(where, ...rows);
  }
  for (const method of /** @type {const} */ (["fast", "optimize"])) {
    const row = find(`[data-method="${method}"]`, where);
    const job = live.state.jobs.get(experiment.jobs[method]);
    const bar = /** @type {HTMLProgressElement} */ (find("progress", row));
    const done = job ? share(job) : null;
    find("p", row).textContent = job ? wordsFor(job) : "Waiting for the studio";
    bar.classList.toggle("over", !job || isFinished(job));
    if (done === null) bar.removeAttribute("value");
    else bar.value = done;
  }
}

/** @param {import("../types.js").Job} job */
function wordsFor(job) {
  // At most two lines on a phone, which have room: a third one would push the paper down.
  if (job.state === "done") return "Ready; it is shown when you are done.";
  if (job.state === "starting") return "Getting ready";
  return statusLine(job);
}
