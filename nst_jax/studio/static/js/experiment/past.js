// @ts-check
/** Earlier experiments, the newest first. */

import { deleteExperiment, listExperiments, pictureUrl } from "../api.js";
import { element, find, icon, replaceChildren } from "../shared/elements.js";
import { KeyedList } from "../shared/keyed-list.js";
import { attempt, confirmDeletion } from "../shared/notices.js";
import { capitalized, when } from "../shared/words.js";
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
      (experiment) => row(experiment, library, () => this.askAndDelete(experiment.id)),
    );
    library.addEventListener("change", () => this.show());
  }

  /** Read all of them. */
  async load() {
    const answer = await listExperiments();
    const found = /** @type {Experiment[]} */ (answer.experiments);
    this.experiments = new Map(found.map((experiment) => [experiment.id, experiment]));
    this.show();
  }

  /** @param {Experiment} experiment */
  add(experiment) {
    this.experiments.set(experiment.id, experiment);
    this.show();
  }

  /** @param {string} id */
  remove(id) {
    this.experiments.delete(id);
    this.show();
  }

  /** @param {string} id */
  async askAndDelete(id) {
    const explanation =
      "Its drawing is deleted, and its pictures that are not finished are cancelled. " +
      "Finished pictures stay in the gallery.";
    if (!(await confirmDeletion("Delete this experiment?", explanation))) return;
    await attempt(async () => {
      await deleteExperiment(id);
      this.remove(id);
      // The button that had the focus is gone.
      find(this.experiments.size ? "#past-title" : "#title").focus();
    });
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
 * @param {() => void} remove
 * @returns {import("../shared/keyed-list.js").Row<Experiment>}
 */
function row(first, library, remove) {
  const images = element("div", { class: "past-pictures" });
  const name = element("a", { href: `#${first.id}`, class: "past-name" });
  const status = element("p", { class: "help" });
  const deletion = element("button", { class: "button-icon", type: "button", onclick: remove }, icon("delete"));
  const node = element(
    "li",
    { class: "past-row" },
    images,
    element(
      "div",
      { class: "past-text" },
      element("div", {}, name, element("p", { class: "help" }, when(first.created)), status),
      deletion,
    ),
  );
  return {
    node,
    update(experiment) {
      const content = capitalized(library.nameOf(experiment.content));
      name.textContent = `${content} in the style of ${library.nameOf(experiment.style)}`;
      deletion.setAttribute("aria-label", `Delete the experiment ${name.textContent}`);
      deletion.title = "Delete this experiment";
      status.textContent =
        experiment.grades?.map((grade) => `${pairWords(grade)} ${shown(grade.grade)}`).join(" · ") ??
        STATES[experiment.state];
      // Pictures that have been deleted since are left out.
      const { style, drawing } = experiment;
      const there = [experiment.content, style, drawing ?? ""].filter((id) => library.pictures.has(id));
      if (images.dataset.shown === there.join()) return;
      images.dataset.shown = there.join();
      replaceChildren(images, ...there.map(thumbnail));
    },
  };
}

/** @param {string} id */
const thumbnail = (id) =>
  element("img", { src: pictureUrl(id, "thumbnail"), alt: "", width: 96, height: 72, loading: "lazy" });
