// @ts-check
/** The third stage: three pictures side by side, their grades, and the ladder of references. */

import { finishExperiment, jobUrl, pictureUrl, previewUrl, sheetUrl } from "../api.js";
import { element, find, replaceChildren } from "../shared/elements.js";
import { attempt } from "../shared/notices.js";
import { METHOD_WORDS, statusLine } from "../shared/words.js";
import { PARTS, ladder, pairWords, shown, verdict } from "./grades.js";

/** @typedef {import("./types.js").Experiment} Experiment */
/** @typedef {import("./types.js").Grade} Grade */
/** @typedef {import("../shared/live.js").Live} Live */

/**
 * @param {Experiment} experiment
 * @param {{live: Live, library: import("../shared/library.js").Library}} page
 */
export function showResults(experiment, { live, library }) {
  const figures = [
    figure("drawing", "Your picture", drawingUrl(experiment, library), ""),
    .../** @type {const} */ (["fast", "optimize"]).map((method) => {
      const job = live.state.jobs.get(experiment.jobs[method]);
      const id = experiment.jobs[method];
      const graded = experiment.state === "graded" || job?.state === "done";
      const source = graded ? jobUrl(id, "view") : job?.preview ? previewUrl(id, job.preview) : "";
      return figure(method, METHOD_WORDS[method], source, graded || !job ? "" : statusLine(job));
    }),
  ];
  const place = find("#triptych");
  if (place.dataset.experiment !== experiment.id) {
    place.dataset.experiment = experiment.id;
    replaceChildren(place, ...figures.map(({ node }) => node));
  }
  for (const { name, source, caption } of figures) update(find(`[data-which="${name}"]`, place), source, caption);
  const graded = experiment.state === "graded" && experiment.grades !== null;
  find("#grades").hidden = !graded;
  find("#ladder").hidden = !graded || !experiment.ladder?.length;
  find("#meaning").hidden = !graded;
  for (const format of /** @type {const} */ (["png", "json"])) {
    const link = /** @type {HTMLAnchorElement} */ (find(`#sheet-${format}`));
    link.hidden = !graded;
    link.href = sheetUrl(experiment.id, format);
  }
  showStatus(experiment, live);
  if (graded && experiment.grades) showGrades(experiment, experiment.grades);
}

/**
 * @param {Experiment} experiment
 * @param {import("../shared/library.js").Library} library
 * @returns {string} empty for a drawing that has been deleted since
 */
function drawingUrl({ drawing }, library) {
  return drawing && library.pictures.has(drawing) ? pictureUrl(drawing, "view") : "";
}

/**
 * @param {string} name
 * @param {string} title
 * @param {string} source
 * @param {string} caption
 */
function figure(name, title, source, caption) {
  const node = element(
    "figure",
    { "data-which": name },
    element("div", { class: "triptych-picture" }, element("img", { alt: title, hidden: true })),
    element("figcaption", {}, element("h2", {}, title), element("p", { class: "help" })),
  );
  return { name, source, caption, node };
}

/**
 * @param {HTMLElement} node
 * @param {string} source
 * @param {string} caption
 */
function update(node, source, caption) {
  const image = /** @type {HTMLImageElement} */ (find("img", node));
  if (source && image.getAttribute("src") !== source) image.src = source;
  image.hidden = !source;
  find("p", node).textContent = caption;
}

/**
 * @param {Experiment} experiment
 * @param {Live} live
 */
function showStatus(experiment, live) {
  const place = find("#results-status");
  const waiting = ["fast", "optimize"].some((method) => {
    const job = live.state.jobs.get(experiment.jobs[/** @type {"fast"|"optimize"} */ (method)]);
    return job && job.state !== "done";
  });
  let text = "";
  if (experiment.state === "failed")
    text = experiment.error ?? "The grades could not be made; the log of the studio has the reason.";
  else if (experiment.state === "graded" && experiment.grades) text = verdict(experiment.grades);
  else text = waiting ? "The grades follow as soon as both methods are ready." : "The pictures are being graded.";
  if (place.dataset.text === text) return;
  place.dataset.text = text;
  place.classList.toggle("error", experiment.state === "failed");
  const again =
    experiment.state === "failed" &&
    experiment.drawing !== null &&
    element(
      "button",
      { class: "button button-small", type: "button", onclick: () => attempt(() => finishExperiment(experiment.id)) },
      "Grade again",
    );
  replaceChildren(place, text, again && " ", again);
}

/**
 * @param {Experiment} experiment
 * @param {readonly Grade[]} grades
 */
function showGrades(experiment, grades) {
  const place = find("#grades");
  if (place.dataset.experiment === experiment.id) return;
  place.dataset.experiment = experiment.id;
  replaceChildren(place, ...grades.map(gradeCard));
  const rungs = ladder(experiment.ladder ?? [], grades);
  replaceChildren(
    find("#ladder"),
    element("h2", {}, "Where that lies"),
    element(
      "ol",
      { class: "ladder" },
      ...rungs.map(({ label, grade, mine }) =>
        element(
          "li",
          { class: mine ? "rung rung-mine" : "rung" },
          element("span", {}, shown(grade)),
          bar(grade),
          element("span", {}, label),
        ),
      ),
    ),
  );
}

/** @param {Grade} grade */
function gradeCard(grade) {
  return element(
    "article",
    { class: "grade", "aria-label": `${pairWords(grade)}: ${shown(grade.grade)} of 10` },
    element("h2", {}, pairWords(grade)),
    element("p", { class: "grade-number" }, shown(grade.grade), element("span", { class: "quiet" }, " of 10")),
    element(
      "dl",
      { class: "grade-parts" },
      ...PARTS.flatMap(([name, label]) => [
        element("dt", {}, label),
        element("dd", {}, bar(grade[name]), shown(grade[name])),
      ]),
      element("dt", { class: "quiet" }, "As published"),
      element("dd", { class: "quiet" }, bar(grade.encoder), shown(grade.encoder)),
    ),
  );
}

/** @param {number} grade a decorative bar: the number stands beside it */
function bar(grade) {
  const fill = element("span", { class: "bar-fill" });
  fill.style.width = `${Math.min(10, Math.max(0, grade)) * 10}%`;
  return element("span", { class: "bar", "aria-hidden": "true" }, fill);
}
