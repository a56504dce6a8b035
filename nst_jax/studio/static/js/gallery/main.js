// @ts-check
/** The gallery: all pictures that were kept, newest first. */

import { getGallery, getJob, getOptions } from "../api.js";
import { find } from "../shared/elements.js";
import { KeyedList } from "../shared/keyed-list.js";
import { showError } from "../shared/notices.js";
import { startPage } from "../shared/page.js";
import { makeCard } from "./card.js";
import { Detail } from "./detail.js";
import { emptyPictures, mergePage, takeEvent, visible } from "./pictures.js";
import { Selection } from "./selection.js";

/** @typedef {import("../types.js").Job} Job */

const { live, library } = startPage();
let pictures = emptyPictures();
let loaded = false;
const selection = new Selection({ changed: show });
const grid = new KeyedList(
  find("#grid"),
  (/** @type {Job} */ job) => job.id,
  (job) => makeCard(job, { library, selection, open: (id) => detail?.open(id) }),
);
/** @type {Detail|null} */
let detail = null;

function shown() {
  const filter = /** @type {HTMLInputElement} */ (find("input[name='filter']:checked")).value;
  return visible(pictures, filter === "starred");
}

function show() {
  const jobs = shown();
  grid.show(jobs);
  selection.keep(pictures.jobs);
  find("#older").hidden = !pictures.more;
  const empty = find("#gallery-empty");
  empty.hidden = jobs.length > 0 || !loaded;
  empty.textContent = pictures.jobs.size
    ? "No picture has a star yet. Give one to those that you like."
    : "Nothing has been painted yet. Choose a photograph and a painting in the studio; what you paint appears here.";
  detail?.update(jobs);
}

/** @param {number|null} before */
async function load(before) {
  try {
    const page = await getGallery(before);
    pictures = before === null ? mergePage(emptyPictures(), page) : mergePage(pictures, page);
    loaded = true;
    show();
  } catch (error) {
    if (live.connection !== "lost") showError(error);
  }
}

find("#older").addEventListener("click", () => load(pictures.oldest));
for (const input of document.querySelectorAll("input[name='filter']")) input.addEventListener("change", show);
library.addEventListener("change", show);
live.addEventListener("connection", () => {
  if (live.connection === "open") load(null);
});
live.addEventListener("message", (message) => {
  const next = takeEvent(pictures, /** @type {CustomEvent<import("../types.js").StudioEvent>} */ (message).detail);
  if (next === pictures) return;
  pictures = next;
  show();
});

/** Show the picture that the address names, as the links of the pages do. */
async function openNamed() {
  const id = location.hash.slice(1);
  if (!/^[0-9a-z]{20}$/.test(id) || !detail) return;
  if (!pictures.jobs.has(id)) {
    try {
      const job = await getJob(id);
      if (job.state !== "done") return;
      pictures = mergePage(pictures, { jobs: [job], more: pictures.more });
      show();
    } catch {
      return;
    }
  }
  detail.open(id);
}

try {
  detail = new Detail({ library, options: await getOptions() });
  show();
  await openNamed();
} catch (error) {
  showError(error);
}
document.documentElement.dataset.ready = "true";
