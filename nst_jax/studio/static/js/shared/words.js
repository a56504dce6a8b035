// @ts-check
/** Short texts for people: times, states, names; pure functions. */

/** @typedef {import("../types.js").Job} Job */

/** @type {Record<Job["state"], string>} */
export const STATE_WORDS = {
  queued: "Waiting",
  starting: "Getting ready",
  painting: "Painting",
  saving: "Saving",
  done: "Done",
  cancelled: "Cancelled",
  failed: "Failed",
};

/** The endings that go without saying. */
const COMPLETE = ["all steps done", "done in one pass"];

/** @type {Record<Job["method"], string>} */
export const METHOD_WORDS = { fast: "Fast picture", optimize: "Careful picture" };

/**
 * Return a duration as minutes and seconds, "0:07" or "12:30", or hours too, "1:02:03".
 *
 * @param {number} seconds
 */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (/** @type {number} */ value) => String(value).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

/**
 * Return the name of a picture without the ending of its file.
 *
 * @param {string} name
 */
export function title(name) {
  const bare = name.replace(/\.(png|jpe?g|webp|tiff?|gif|bmp|avif|heic|jxl)$/i, "");
  return bare.trim() || name || "Untitled";
}

/**
 * Return the name of a job's picture: "chelsea in the style of night-swirls".
 *
 * @param {Job} job
 * @param {(id: string) => string} nameOf
 */
export function jobTitle(job, nameOf) {
  // Pictures that were deleted since have no names any more, but the job knows them.
  const [content, ...styles] = [job.content, ...job.styles.map((style) => style.picture)].map(nameOf);
  if (job.title && !(content && styles.every(Boolean))) return capitalized(job.title);
  return `${capitalized(content)} in the style of ${listed(styles)}`;
}

/** @param {string} text */
export const capitalized = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** @param {string[]} words @returns {string} "one", "one and two", "one, two and three" */
export function listed(words) {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}

/**
 * Return what a job is doing, in a few words.
 *
 * @param {Job} job
 */
export function statusLine(job) {
  if (job.state === "queued") {
    return job.position && job.position > 1 ? `Waiting, number ${job.position} in the queue` : "Waiting for its turn";
  }
  if (job.state === "starting") return "Getting ready: the program is being compiled, once for these sizes";
  if (job.state === "painting") {
    const parts = [`Step ${job.step} of ${job.total_steps}`];
    if (job.scales > 1 && job.scale) parts.push(`size ${job.scale} of ${job.scales}`);
    parts.push(duration(job.seconds ?? 0));
    return parts.join(" · ");
  }
  if (job.state === "saving") return "Saving the picture";
  if (job.state === "failed") return job.error ?? "This picture failed; the log of the studio has the reason.";
  if (job.state === "cancelled") return "nothing was kept";
  const parts = [`${job.width} × ${job.height} pixels`];
  if (job.seconds) parts.push(`painted in ${duration(job.seconds)}`);
  if (job.ending && !COMPLETE.includes(job.ending)) parts.push(job.ending);
  return parts.join(" · ");
}

/**
 * Return the share of the work that is done, from 0 to 1, or null while nothing can be said.
 *
 * @param {Job} job
 */
export function share(job) {
  if (job.state === "queued" || job.state === "starting") return null;
  if (job.state === "painting") return job.total_steps ? Math.min(1, job.step / job.total_steps) : null;
  return 1;
}

/**
 * Return the day of a time in seconds, in the reader's language.
 *
 * @param {number} seconds since 1970
 */
export function when(seconds) {
  return new Date(seconds * 1000).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}
