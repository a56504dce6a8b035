// @ts-check
/** One picture of the grid. */

import { jobUrl, pictureUrl, starJob } from "../api.js";
import { element, icon } from "../shared/elements.js";
import { attempt } from "../shared/notices.js";
import { METHOD_WORDS, jobTitle, when } from "../shared/words.js";

/** @typedef {import("../types.js").Job} Job */

/**
 * @param {Job} first
 * @param {object} needs
 * @param {import("../shared/library.js").Library} needs.library
 * @param {import("./selection.js").Selection} needs.selection
 * @param {(id: string) => void} needs.open
 * @returns {import("../shared/keyed-list.js").Row<Job>}
 */
export function makeCard(first, { library, selection, open }) {
  const { id } = first;
  let starred = first.starred;
  const image = element("img", { src: jobUrl(id, "thumbnail"), alt: "", loading: "lazy", width: 320, height: 240 });
  image.addEventListener("error", () => image.setAttribute("src", pictureUrl(first.content, "thumbnail")), {
    once: true,
  });
  const name = element("span", { class: "picture-name" });
  const button = element(
    "button",
    { class: "picture-open", type: "button", onclick: () => open(id) },
    image,
    name,
    element("span", { class: "picture-when" }, METHOD_WORDS[first.method]),
    element("span", { class: "picture-when" }, when(first.finished ?? first.created)),
  );
  const select = element("input", { type: "checkbox", onchange: () => selection.set(id, select.checked) });
  const star = element(
    "button",
    { class: "button-icon", type: "button", onclick: () => attempt(() => starJob(id, !starred)) },
    icon("star"),
  );
  const node = element(
    "li",
    { class: "picture", "data-job": id },
    button,
    element("div", { class: "picture-tools" }, element("label", { class: "picture-select" }, select), star),
  );
  return {
    node,
    update(job) {
      starred = job.starred;
      const title = jobTitle(job, (picture) => library.nameOf(picture));
      name.textContent = title;
      button.setAttribute("aria-label", `Open ${title}`);
      select.setAttribute("aria-label", `Select ${title}`);
      select.checked = selection.has(id);
      star.setAttribute("aria-pressed", String(job.starred));
      star.setAttribute("aria-label", `Star ${title}`);
    },
  };
}
