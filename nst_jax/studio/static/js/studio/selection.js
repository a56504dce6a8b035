// @ts-check
/** Which picture the stage shows: pure functions of the state. */

import { companionOf, isFinished } from "../shared/store.js";

/** @typedef {import("../types.js").Job} Job */
/** @typedef {{fast: Job|null, optimize: Job|null}} Pair */

/**
 * Return the job that a page without a chosen one shows: what is being painted, or else waits longest.
 *
 * @param {import("../shared/store.js").StudioState} state
 * @returns {Job|null}
 */
export function defaultJob(state) {
  const open = [...state.jobs.values()].filter((job) => !isFinished(job) && job.experiment === null);
  const running = open.find((job) => job.state !== "queued");
  return running ?? open.sort((one, other) => one.created - other.created)[0] ?? null;
}

/**
 * @param {import("../shared/store.js").StudioState} state
 * @param {Job} job
 * @returns {Pair} the job and the one that was queued with it
 */
export function pairOf(state, job) {
  const companion = companionOf(state, job);
  return job.method === "fast" ? { fast: job, optimize: companion } : { fast: companion, optimize: job };
}

/**
 * Return the one of a pair that is shown: the chosen one, or the careful picture as soon as there is something to see.
 *
 * @param {Pair} pair
 * @param {Job["method"]|null} chosen
 * @param {boolean} [hold] whether the fast picture has come just now and is to be seen for a moment
 * @returns {Job|null}
 */
export function shownOf({ fast, optimize }, chosen, hold = false) {
  if (!fast || !optimize) return fast ?? optimize;
  if (chosen) return chosen === "fast" ? fast : optimize;
  if (hold && fast.state === "done" && !isFinished(optimize)) return fast;
  if (optimize.state === "done" || (optimize.preview > 0 && !isFinished(optimize))) return optimize;
  if (fast.state === "done") return fast;
  if (optimize.state === "failed" || optimize.state === "cancelled")
    return fast.state === "cancelled" ? optimize : fast;
  return isFinished(fast) ? optimize : fast;
}
