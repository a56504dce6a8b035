// @ts-check
/**
 * The shapes of experiments; types only.
 *
 * @typedef {"drawing"|"fast"|"optimize"} Which
 *
 * @typedef {object} Grade
 * @property {Which} first
 * @property {Which} second
 * @property {number} grade 0 to 10, as all of these
 * @property {number} content what it shows
 * @property {number} style how it is painted
 * @property {number} layout colors and layout
 * @property {number} encoder the published measure alone
 *
 * @typedef {{label: string, grade: number}} Rung
 *
 * @typedef {object} Experiment
 * @property {string} id
 * @property {number} seed
 * @property {string} content
 * @property {string} style
 * @property {{fast: string, optimize: string}} jobs
 * @property {string|null} drawing
 * @property {"drawing"|"grading"|"graded"|"failed"} state
 * @property {Grade[]|null} grades
 * @property {Rung[]|null} [ladder]
 * @property {string|null} error
 * @property {number} created
 * @property {boolean} [deleted] only in the event that tells of its deletion
 */

export {};
