// @ts-check
/** What a page knows of the server: pure functions from a snapshot and events to a new state. */

/** @typedef {import("../types.js").Job} Job */
/** @typedef {import("../types.js").StudioEvent} StudioEvent */

/**
 * @typedef {object} StudioState
 * @property {number} sequence the number of the newest event that is included
 * @property {string} version
 * @property {import("../types.js").PainterState} painter
 * @property {string|null} painter_error
 * @property {ReadonlyMap<string, Job>} jobs newest first
 * @property {import("../types.js").Limits} limits
 */

const PROGRESS_FIELDS = /** @type {const} */ (["step", "total_steps", "scale", "scales", "loss", "seconds", "preview"]);

/** @param {Job} job */
export const isActive = (job) => ["starting", "painting", "saving"].includes(job.state);

/** @param {Job} job */
export const isFinished = (job) => ["done", "cancelled", "failed"].includes(job.state);

/** @returns {StudioState} */
export function emptyState() {
  const limits = { body_bytes: 50 * 2 ** 20, pixels: 100e6, queue: 20 };
  return { sequence: -1, version: "", painter: "starting", painter_error: null, jobs: new Map(), limits };
}

/**
 * @param {import("../types.js").Snapshot} snapshot
 * @returns {StudioState}
 */
export function fromSnapshot(snapshot) {
  return { ...snapshot, jobs: new Map(snapshot.jobs.map((job) => [job.id, job])) };
}

/**
 * Return the state after an event; the same object for an event that is already included or says nothing new.
 *
 * @param {StudioState} state
 * @param {StudioEvent} event
 * @returns {StudioState}
 */
export function applyEvent(state, event) {
  if (!(event.id > state.sequence)) return state;
  const next = { ...state, sequence: event.id };
  if (event.name === "painter") {
    return { ...next, painter: event.data.painter, painter_error: event.data.error ?? null };
  }
  if (event.name === "job") return { ...next, jobs: withJob(state.jobs, event.data) };
  if (event.name === "deleted") {
    const jobs = new Map(state.jobs);
    jobs.delete(event.data.job);
    return { ...next, jobs };
  }
  if (event.name === "progress") {
    const job = state.jobs.get(event.data.job);
    // A late report of a job that has ended would bring its bar back.
    if (!job || isFinished(job)) return next;
    return { ...next, jobs: withJob(state.jobs, { ...job, ...reported(event.data) }) };
  }
  return next;
}

/** @param {Record<string, any>} data @returns {Partial<Job>} */
function reported(data) {
  return Object.fromEntries(PROGRESS_FIELDS.filter((name) => name in data).map((name) => [name, data[name]]));
}

/**
 * @param {ReadonlyMap<string, Job>} jobs
 * @param {Job} job
 * @returns {Map<string, Job>} with a new job in front
 */
function withJob(jobs, job) {
  return jobs.has(job.id) ? new Map(jobs).set(job.id, job) : new Map([[job.id, job], ...jobs]);
}

/**
 * Return the jobs that wait or run, in the order in which they are painted.
 *
 * @param {StudioState} state
 * @returns {Job[]}
 */
export function unfinishedJobs(state) {
  const jobs = [...state.jobs.values()].filter((job) => !isFinished(job));
  const place = (/** @type {Job} */ job) => (isActive(job) ? -1 : (job.position ?? Infinity));
  return jobs.sort((one, other) => place(one) - place(other) || one.created - other.created);
}

/**
 * Return the job of the other method that was queued together with a job: the fast and the careful picture of one pair.
 *
 * @param {StudioState} state
 * @param {Job} job
 * @returns {Job|null}
 */
export function companionOf(state, job) {
  const key = pairKey(job);
  const others = [...state.jobs.values()].filter((other) => {
    const near = Math.abs(other.created - job.created) < 10;
    return near && other.method !== job.method && other.experiment === job.experiment && pairKey(other) === key;
  });
  const distance = (/** @type {Job} */ other) => Math.abs(other.created - job.created);
  return others.sort((one, other) => distance(one) - distance(other))[0] ?? null;
}

/** @param {Job} job */
function pairKey(job) {
  const styles = job.styles.map(({ picture, weight, mask }) => [picture, weight, mask]);
  return JSON.stringify([job.content, styles, job.content_mask]);
}
