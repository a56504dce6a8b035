// @ts-check
/** The pictures of the gallery as plain data; pure functions. */

/** @typedef {import("../types.js").Job} Job */

/**
 * @typedef {object} Pictures
 * @property {ReadonlyMap<string, Job>} jobs
 * @property {boolean} more whether the server has older ones
 * @property {number|null} oldest the number to go on from
 */

/** @returns {Pictures} */
export const emptyPictures = () => ({ jobs: new Map(), more: false, oldest: null });

/**
 * Return the pictures with one more page of the server's answer.
 *
 * @param {Pictures} pictures
 * @param {{jobs: Job[], more: boolean}} page
 * @returns {Pictures}
 */
export function mergePage(pictures, page) {
  const jobs = new Map(pictures.jobs);
  for (const job of page.jobs) jobs.set(job.id, job);
  const last = page.jobs.at(-1);
  return { jobs, more: page.more, oldest: last ? last.sequence : pictures.oldest };
}

/**
 * Return the pictures after an event; the same object if it changes nothing here.
 *
 * @param {Pictures} pictures
 * @param {import("../types.js").StudioEvent} event
 * @returns {Pictures}
 */
export function takeEvent(pictures, event) {
  const id = event.name === "deleted" ? event.data.job : event.data?.id;
  if (event.name === "job" && event.data.state === "done") {
    return { ...pictures, jobs: new Map(pictures.jobs).set(id, event.data) };
  }
  if (event.name === "deleted" && pictures.jobs.has(id)) {
    const jobs = new Map(pictures.jobs);
    jobs.delete(id);
    return { ...pictures, jobs };
  }
  return pictures;
}

/**
 * Return the pictures to show, newest first.
 *
 * @param {Pictures} pictures
 * @param {boolean} starredOnly
 * @returns {Job[]}
 */
export function visible(pictures, starredOnly) {
  const end = (/** @type {Job} */ job) => job.finished ?? job.created;
  return [...pictures.jobs.values()]
    .filter((job) => job.starred || !starredOnly)
    .sort((one, other) => end(other) - end(one));
}

/**
 * Return the neighbor of a picture in a list, or null at its ends.
 *
 * @param {Job[]} jobs
 * @param {string} id
 * @param {1|-1} direction
 * @returns {Job|null}
 */
export function neighbor(jobs, id, direction) {
  const index = jobs.findIndex((job) => job.id === id);
  return index < 0 ? null : (jobs[index + direction] ?? null);
}
