// @ts-check
/** Earlier experiments, the newest first. */

import { listExperiments, pictureUrl } from "../api.js";
import { element, find, replaceChildren } from "../shared/elements.js";
import { KeyedList } from "../shared/keyed-list.js";
import { when } from "../shared/words.js";
import { pairWords, shown } from "./grades.js";

/** @typedef {import("./types.js").Experiment} Experiment */

const STATES = {
  drawing: "Not done yet: go on drawing",
  grading: "Being graded",
  graded: "",
  failed: "Failed",
};

export class Past {
  /** @param {import("../shared/library.js").Library} library */
  constructor(library) {
    this.library = library;
    /** @type {Map<string, Experiment>} */
    this.experiments = new Map();
    this.list = new KeyedList(
      find("#past-list"),
      (/** @type {Experiment} */ experiment) => experiment.id,
      (experiment) => row(experiment, library),
    );
    library.addEventListener("change", () => this.show());
  }

  /** Read all of them. */
  async load() {
    const answer = await listExperiments();
    for (const experiment of answer.experiments ?? answer) this.experiments.set(experiment.id, experiment);
    this.show();
  }

  /** @param {Experiment} experiment */
  add(experiment) {
    this.experiments.set(experiment.id, experiment);
    this.show();
  }

  show() {
    const sorted = [...this.experiments.values()].sort((one, other) => other.created - one.created);
    this.list.show(sorted);
    find("#past").hidden = sorted.length === 0;
  }
}

/**
 * @param {Experiment} first
 * @param {import("../shared/library.js").Library} library
 * @returns {import("../shared/keyed-list.js").Row<Experiment>}
 */
function row(first, library) {
  const images = element("div", { class: "past-pictures" });
  const name = element("a", { href: `#${first.id}`, class: "past-name" });
  const status = element("p", { class: "help" });
  const node = element(
    "li",
    { class: "past-row" },
    images,
    element("div", {}, name, element("p", { class: "help" }, when(first.created)), status),
  );
  return {
    node,
    update(experiment) {
      name.textContent = `${library.nameOf(experiment.content)} in the style of ${library.nameOf(experiment.style)}`;
      status.textContent =
        experiment.grades?.map((grade) => `${pairWords(grade)} ${shown(grade.grade)}`).join(" · ") ??
        STATES[experiment.state];
      // Pictures that have been deleted since are left out.
      const { content, style, drawing } = experiment;
      const there = [content, style, drawing ?? ""].filter((id) => library.pictures.has(id));
      if (images.dataset.shown === there.join()) return;
      images.dataset.shown = there.join();
      replaceChildren(images, ...there.map(thumbnail));
    },
  };
}

/** @param {string} id */
const thumbnail = (id) =>
  element("img", { src: pictureUrl(id, "thumbnail"), alt: "", width: 96, height: 72, loading: "lazy" });
