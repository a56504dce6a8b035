// @ts-check
/** Parts that describe a job: its settings, the links to its files. */

import { resultUrl } from "../api.js";
import { element } from "./elements.js";

/** @typedef {import("../types.js").Job} Job */

/** What each format is good for. @type {Record<string, string>} */
const FORMAT_WORDS = {
  png: "PNG, exact",
  jpeg: "JPEG, small",
  tiff: "TIFF, 16 bits for print",
  webp: "WebP, smallest",
};

/** @param {Job} job @param {string} format */
export function downloadLink(job, format) {
  const word = FORMAT_WORDS[format] ?? format.toUpperCase();
  return element("a", { class: "menu-item", href: resultUrl(job.id, format), download: true }, word);
}

/**
 * Return a list of the settings of a job and their values, for people.
 *
 * @param {Job} job
 * @param {import("../types.js").Options} options
 * @returns {HTMLElement}
 */
export function settingsList(job, options) {
  const list = element("dl", { class: "facts" });
  for (const [name, value] of Object.entries(job.settings)) {
    if (value === null) continue;
    const setting = options.settings.find((each) => each.name === name);
    const word = setting?.choices?.find((choice) => choice.value === value)?.label ?? String(value);
    list.append(element("div", {}, element("dt", {}, setting?.label ?? name), element("dd", {}, word)));
  }
  return list;
}
