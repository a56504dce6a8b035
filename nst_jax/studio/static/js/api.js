// @ts-check
/** The server's API: one function for each request. Failures are `StudioError`s with a sentence for people. */

/** @typedef {import("./types.js").Job} Job */
/** @typedef {import("./types.js").Picture} Picture */

export { listen } from "./shared/events.js";

/** A failed request; its message is one sentence that may be shown as it is. */
export class StudioError extends Error {
  /**
   * @param {string} message
   * @param {number} status the HTTP status, or 0 without an answer
   */
  constructor(message, status) {
    super(message);
    this.name = "StudioError";
    this.status = status;
  }
}

/**
 * Send one request and return the JSON of the answer, or null for an empty one.
 *
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<any>}
 */
export async function request(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { cache: "no-store", credentials: "same-origin", ...options });
  } catch {
    throw new StudioError("The studio does not answer; start it again with: nst-jax studio", 0);
  }
  const text = await answer.text();
  const json = text && (answer.headers.get("content-type") ?? "").includes("json") ? JSON.parse(text) : null;
  if (!answer.ok) {
    const sentence = json?.error ?? `The studio refused this request (${answer.status} ${answer.statusText}).`;
    throw new StudioError(sentence, answer.status);
  }
  return json;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 */
function send(method, path, body) {
  if (body === undefined) return request(path, { method });
  return request(path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

/** @returns {Promise<import("./types.js").Snapshot>} */
export const getState = () => request("/api/state");

/** @returns {Promise<import("./types.js").Options>} */
export const getOptions = () => request("/api/options");

/**
 * @param {Picture["kind"]} [kind]
 * @returns {Promise<Picture[]>}
 */
export async function listPictures(kind) {
  return (await request(`/api/pictures${kind ? `?kind=${kind}` : ""}`)).pictures;
}

/**
 * Upload a picture as it is; the server reads it and drops its metadata.
 *
 * @param {Blob} blob
 * @param {string} name the file's name, for display only
 * @param {"upload"|"drawing"|"mask"} [kind]
 * @returns {Promise<Picture>}
 */
export function uploadPicture(blob, name, kind = "upload") {
  const headers = { "X-Name": encodeURIComponent(name), "Content-Type": blob.type || "application/octet-stream" };
  return request(`/api/pictures?kind=${kind}`, { method: "POST", headers, body: blob });
}

/** @param {string} id */
export const deletePicture = (id) => send("DELETE", `/api/pictures/${id}`);

/**
 * @param {string} id
 * @returns {Promise<string[]>} twelve colors as #rrggbb
 */
export async function getPalette(id) {
  return (await request(`/api/pictures/${id}/palette`)).colors;
}

/**
 * @param {string} id
 * @param {"file"|"view"|"thumbnail"} [size]
 */
export const pictureUrl = (id, size = "view") => `/api/pictures/${id}/${size}`;

/**
 * @param {import("./types.js").NewJob} job
 * @returns {Promise<Job>}
 */
export const createJob = (job) => send("POST", "/api/jobs", { experiment: null, ...job });

/**
 * @param {string} id
 * @returns {Promise<Job>}
 */
export const getJob = (id) => request(`/api/jobs/${id}`);

/**
 * @param {string} id
 * @returns {Promise<import("./types.js").Losses>}
 */
export const getLosses = (id) => request(`/api/jobs/${id}/losses`);

/** @param {string} id */
export const cancelJob = (id) => send("POST", `/api/jobs/${id}/cancel`);

/** @param {string} id */
export const stopJob = (id) => send("POST", `/api/jobs/${id}/stop`);

/** Queue a failed or cancelled job again; it goes on where it was. @param {string} id */
export const retryJob = (id) => send("POST", `/api/jobs/${id}/retry`);

/** @param {string} id @param {boolean} starred */
export const starJob = (id, starred) => send("PATCH", `/api/jobs/${id}`, { starred });

/** @param {string} id */
export const deleteJob = (id) => send("DELETE", `/api/jobs/${id}`);

/** @param {string} id @param {number} number */
export const previewUrl = (id, number) => `/api/jobs/${id}/preview?n=${number}`;

/** @param {string} id @param {"thumbnail"|"view"} size */
export const jobUrl = (id, size) => `/api/jobs/${id}/${size}`;

/** @param {string} id @param {string} format */
export const resultUrl = (id, format) => `/api/jobs/${id}/result?format=${encodeURIComponent(format)}`;

/** @param {string[]} ids */
export const zipUrl = (ids) => `/api/gallery.zip?ids=${ids.join(",")}`;

/**
 * @param {number|null} before
 * @param {number} [limit]
 * @returns {Promise<{jobs: Job[], more: boolean}>}
 */
export const getGallery = (before, limit = 48) =>
  request(`/api/gallery?limit=${limit}${before === null ? "" : `&before=${before}`}`);

/**
 * @param {{seed?: number|null, content?: string|null, style?: string|null, size?: number|null}} choice
 * @returns {Promise<any>}
 */
export const createExperiment = (choice) =>
  send("POST", "/api/experiments", { seed: null, content: null, style: null, size: null, ...choice });

/** @returns {Promise<any>} */
export const listExperiments = () => request("/api/experiments");

/** @param {string} id @returns {Promise<any>} */
export const getExperiment = (id) => request(`/api/experiments/${id}`);

/** Delete an experiment with its drawing; its unfinished pictures are cancelled. @param {string} id */
export const deleteExperiment = (id) => send("DELETE", `/api/experiments/${id}`);

/** @param {string} id @param {string} picture @returns {Promise<any>} */
export const setDrawing = (id, picture) => send("POST", `/api/experiments/${id}/drawing`, { picture });

/** @param {string} id @returns {Promise<any>} */
export const finishExperiment = (id) => send("POST", `/api/experiments/${id}/done`);

/** @param {string} id @param {"png"|"json"} format */
export const sheetUrl = (id, format) => `/api/experiments/${id}/sheet.${format}`;
