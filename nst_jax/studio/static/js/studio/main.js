// @ts-check
/** The studio page: the form on one side, the picture on the other. */

import { createJob, getOptions } from "../api.js";
import { find } from "../shared/elements.js";
import { notice, showError } from "../shared/notices.js";
import { startPage } from "../shared/page.js";
import { jobsOf, missing } from "./draft.js";
import { Form } from "./form.js";
import { installMask } from "./mask.js";
import { installPictures } from "./pictures.js";
import { installPaintButton, installSettings } from "./settings.js";
import { Stage } from "./stage.js";

const { live, library } = startPage();
const form = new Form(library);
installPictures(form, live);
const mask = installMask(form);

/** Queue the jobs of the form. */
async function paint() {
  let last;
  for (const job of jobsOf(form.draft, settings)) {
    try {
      last = await createJob(job);
    } catch (error) {
      if (last) stage?.open(last.id);
      return error instanceof Error ? error.message : String(error);
    }
  }
  if (last) {
    mask.open(0);
    stage?.open(last.id);
    const { top } = find("#stage").getBoundingClientRect();
    // On a narrow screen the picture is above the form.
    if (top < 0) find("#stage").scrollIntoView({ behavior: "smooth" });
  }
  return "";
}

installPaintButton(form, paint, () => missing(form.draft));

/** @type {Stage|null} */
let stage = null;
/** @type {import("../types.js").Setting[]} */
let settings = [];

/** Read the options, again and again while there is no server. */
async function begin() {
  try {
    const options = await getOptions();
    settings = options.settings;
    installSettings(form, options);
    stage = new Stage(live, form, options);
    document.documentElement.dataset.ready = "true";
  } catch (error) {
    if (live.connection !== "lost") showError(error);
    else notice("Waiting for the studio to answer.");
    live.addEventListener("connection", begin, { once: true });
  }
}
begin();
