// @ts-check
/** The experiment page: choose a pair, draw, compare. Its address names the experiment, so that a reload goes on. */

import { getExperiment } from "../api.js";
import { forget } from "../paint/autosave.js";
import { find } from "../shared/elements.js";
import { attempt, notice } from "../shared/notices.js";
import { startPage } from "../shared/page.js";
import { randomSeed, seedOf } from "./chance.js";
import { Drawing } from "./drawing.js";
import { isOlder } from "./grades.js";
import { Past } from "./past.js";
import { showResults } from "./results.js";
import { Setup } from "./setup.js";

/** @typedef {import("./types.js").Experiment} Experiment */
/** @typedef {"choose"|"draw"|"results"} Stage */

/** @type {Record<Stage, string>} */
const TITLES = { choose: "You against the machine", draw: "Your picture", results: "Three pictures" };

const page = startPage();
const { live, library } = page;
const past = new Past(library);
/** @type {Experiment|null} */
let current = null;

const seed = seedOf(location.search);
if (seed === null && new URLSearchParams(location.search).has("seed")) {
  notice("The seed in the address is no whole number below 2147483648; this pair is drawn by chance.");
}
const setup = new Setup(page, seed ?? randomSeed(), (experiment) => open(experiment, true));
const drawing = new Drawing(page, (experiment) => open(experiment, true));

/**
 * @param {Stage} stage
 * @param {boolean} [focus] whether the stage is new to the user, who should be taken there
 */
function show(stage, focus = false) {
  for (const name of /** @type {const} */ (["choose", "draw", "results"])) find(`#${name}`).hidden = name !== stage;
  for (const name of /** @type {const} */ (["draw", "results"])) find(`#${name}-actions`).hidden = name !== stage;
  find("#title").textContent = TITLES[stage];
  if (!focus) return;
  find("#title").focus({ preventScroll: true });
  scrollTo({ top: 0 });
}

/**
 * Show an experiment at its stage.
 *
 * @param {Experiment} experiment
 * @param {boolean} [focus]
 */
function open(experiment, focus = false) {
  // An answer may arrive after an event that is newer than it.
  if (current?.id === experiment.id && isOlder(experiment, current)) experiment = current;
  current = experiment;
  past.add(experiment);
  if (location.hash !== `#${experiment.id}`) history.pushState(null, "", `${location.search}#${experiment.id}`);
  if (experiment.state === "drawing" || (experiment.state === "failed" && !experiment.drawing)) {
    show("draw", focus);
    attempt(() => drawing.open(experiment));
  } else {
    drawing.close();
    show("results", focus);
    showResults(experiment, page);
  }
}

/**
 * An experiment has been deleted, here or in another tab.
 *
 * @param {string} id
 */
function gone(id) {
  past.remove(id);
  const shown = current?.id === id;
  if (shown) begin();
  // The browser may forbid its store, which then has nothing of it.
  forget(id).catch(() => {});
  if (shown) notice("The experiment was deleted.");
}

/** Show what the address asks for. */
async function route() {
  const id = location.hash.slice(1);
  if (/^[0-9a-z]{20}$/.test(id)) {
    const experiment = await attempt(() => getExperiment(id));
    if (experiment) return open(experiment);
  }
  current = null;
  drawing.close();
  show("choose");
}

/** Go back to the choice of a pair. */
function begin() {
  history.pushState(null, "", "/experiment");
  current = null;
  drawing.close();
  setup.roll(randomSeed());
  show("choose", true);
}

live.addEventListener("message", (message) => {
  const event = /** @type {CustomEvent<import("../types.js").StudioEvent>} */ (message).detail;
  if (event.name !== "experiment") return;
  if (event.data.deleted) {
    gone(event.data.id);
    return;
  }
  past.add(event.data);
  // What another tab has changed is shown here too; a drawing that goes on is left alone.
  if (current?.id === event.data.id && (event.data.state !== "drawing" || current?.state !== "drawing"))
    open(event.data);
});
for (const source of [live, library]) {
  source.addEventListener("change", () => current && !find("#results").hidden && showResults(current, page));
}
live.addEventListener("connection", () => {
  if (live.connection === "open") attempt(() => past.load());
});
addEventListener("hashchange", route);
addEventListener("popstate", route);
find("#once-more").addEventListener("click", begin);
route();
document.documentElement.dataset.ready = "true";
