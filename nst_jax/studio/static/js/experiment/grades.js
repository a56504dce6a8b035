// @ts-check
/** Grades in words and in order; pure functions. */

/** @typedef {import("./types.js").Grade} Grade */
/** @typedef {import("./types.js").Rung} Rung */
/** @typedef {import("./types.js").Which} Which */

/** @type {Record<Which, string>} */
export const WHICH = { drawing: "your picture", fast: "the fast picture", optimize: "the careful picture" };

const ORDER = { drawing: 0, grading: 1, failed: 1, graded: 2 };

/**
 * Tell whether one state of an experiment comes before another; what has failed can be graded again.
 *
 * @param {import("./types.js").Experiment} one
 * @param {import("./types.js").Experiment} other
 */
export const isOlder = (one, other) => ORDER[one.state] < ORDER[other.state];

/** Sub-grades, in the order in which they are shown. */
export const PARTS = /** @type {const} */ ([
  ["content", "What it shows"],
  ["style", "How it is painted"],
  ["layout", "Colors and layout"],
]);

/** @param {number} grade @returns {string} with one decimal, as they are calibrated */
export const shown = (grade) => grade.toFixed(1);

/** @param {Grade} grade @returns {string} "Your picture and the fast picture" */
export function pairWords(grade) {
  const words = `${WHICH[grade.first]} and ${WHICH[grade.second]}`;
  return words[0].toUpperCase() + words.slice(1);
}

/**
 * Say in one sentence what the grades amount to.
 *
 * @param {readonly Grade[]} grades
 * @returns {string}
 */
export function verdict(grades) {
  const machines = grades.find((grade) => grade.first !== "drawing" && grade.second !== "drawing");
  const yours = grades.filter((grade) => grade !== machines);
  if (!machines || yours.length === 0) return "";
  const best = yours.reduce((one, other) => (other.grade > one.grade ? other : one));
  const other = best.first === "drawing" ? best.second : best.first;
  return `The two machines agree to ${shown(machines.grade)} of 10; you and ${WHICH[other]} to ${shown(best.grade)}.`;
}

/**
 * Merge reference rungs and grades into one ladder.
 *
 * @param {readonly Rung[]} rungs
 * @param {readonly Grade[]} grades
 * @returns {{label: string, grade: number, mine: boolean}[]} from the highest to the lowest
 */
export function ladder(rungs, grades) {
  const references = rungs.map(({ label, grade }) => ({ label, grade, mine: false }));
  const mine = grades.map((grade) => ({ label: pairWords(grade), grade: grade.grade, mine: true }));
  return [...mine, ...references].sort((one, other) => other.grade - one.grade);
}
