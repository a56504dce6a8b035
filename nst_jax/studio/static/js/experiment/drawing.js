// @ts-check
/** The second stage: the user draws, or uploads a picture, while both methods work. */

import { finishExperiment, getPalette, pictureUrl, setDrawing, uploadPicture } from "../api.js";
import { element, find, replaceChildren } from "../shared/elements.js";
import { ask, attempt, dismiss, notice } from "../shared/notices.js";
import { ACCEPTED, UPLOAD, uploadNamed } from "../studio/chooser.js";
import { Easel } from "./easel.js";
import { showMethods } from "./methods.js";

/** @typedef {import("./types.js").Experiment} Experiment */
/** @typedef {import("../types.js").Picture} Picture */

export class Drawing {
  /**
   * @param {{live: import("../shared/live.js").Live, library: import("../shared/library.js").Library}} page
   * @param {(experiment: Experiment) => void} finished called when the user is done
   */
  constructor({ live, library }, finished) {
    this.live = live;
    this.library = library;
    this.finished = finished;
    /** @type {Experiment|null} */
    this.experiment = null;
    /** @type {Easel|null} */
    this.easel = null;
    /** @type {Picture|null} */
    this.upload = null;
    this.doneButton = /** @type {HTMLButtonElement} */ (find("#done"));
    this.file = /** @type {HTMLInputElement} */ (find("#upload-file"));
    this.file.accept = ACCEPTED;
    this.doneButton.addEventListener("click", () => attempt(() => this.done()));
    find("#upload-instead").addEventListener("click", () => (this.upload ? this.drawAgain() : this.file.click()));
    this.file.addEventListener("change", () => attempt(() => this.take()));
    live.addEventListener(
      "change",
      () => this.experiment && !find("#draw").hidden && showMethods(this.experiment, live),
    );
  }

  /** @param {Experiment} experiment */
  async open(experiment) {
    if (this.experiment?.id !== experiment.id) {
      this.close();
      this.experiment = experiment;
      this.showReferences(experiment);
      const image = element("img", { alt: "" });
      image.src = pictureUrl(experiment.content, "view");
      await image.decode();
      if (this.experiment !== experiment) return;
      const { naturalWidth: width, naturalHeight: height } = image;
      this.easel = new Easel({ id: experiment.id, seed: experiment.seed, width, height, photograph: image.src });
      await this.easel.restore();
      this.easel.setPalette(await getPalette(experiment.style));
    }
    this.experiment = experiment;
    showMethods(experiment, this.live);
  }

  /** @param {Experiment} experiment */
  showReferences(experiment) {
    const roles = /** @type {const} */ ([
      ["content", "Photograph"],
      ["style", "Painting"],
    ]);
    replaceChildren(
      find("#references"),
      ...roles.map(([role, word]) =>
        element(
          "figure",
          { class: "reference" },
          element("img", {
            src: pictureUrl(experiment[role], "view"),
            alt: `The ${word.toLowerCase()}: ${this.library.nameOf(experiment[role])}`,
          }),
          element("figcaption", {}, word),
        ),
      ),
    );
  }

  /** Take the chosen file in place of a drawing. */
  async take() {
    const [file] = this.file.files ?? [];
    this.file.value = "";
    if (!file) return;
    dismiss(UPLOAD);
    const limit = this.live.state.limits.body_bytes;
    if (file.size > limit)
      throw new Error(`${file.name} is larger than ${Math.round(limit / 2 ** 20)} MB; choose a smaller file.`);
    const upload = await uploadNamed(file, file.name, "drawing");
    if (!upload) return;
    this.upload = upload;
    this.showUpload();
    notice("This picture is compared instead of a drawing.");
  }

  showUpload() {
    const place = find("#uploaded");
    place.hidden = !this.upload;
    find("#paper").hidden = Boolean(this.upload);
    find("#board-tools").hidden = Boolean(this.upload);
    find("#board-status").hidden = Boolean(this.upload);
    // The brushes stay in sight, since they are wanted again for "Draw after all", but there is nothing to use them on.
    find("#tools").inert = Boolean(this.upload);
    find("#upload-instead").textContent = this.upload ? "Draw after all" : "Upload a picture instead";
    if (this.upload)
      replaceChildren(
        place,
        element("img", { src: pictureUrl(this.upload.id, "view"), alt: `Uploaded: ${this.upload.name}` }),
      );
    else replaceChildren(place);
  }

  drawAgain() {
    this.upload = null;
    this.showUpload();
  }

  async done() {
    const { experiment, easel } = this;
    if (!experiment || !easel) return;
    if (!this.upload && easel.isBlank) {
      notice("The paper is still blank. Draw something, or upload a picture.");
      return;
    }
    const answer = await ask(
      "Are you done?",
      "The pictures of the two methods are shown then, and your own is not changed any more.",
      [{ value: "done", label: "Show all three" }],
    );
    if (answer !== "done") return;
    this.doneButton.disabled = true;
    try {
      const picture = this.upload ?? (await uploadPicture(await easel.painting.toBlob(), "drawing.png", "drawing"));
      this.library.add(picture);
      await setDrawing(experiment.id, picture.id);
      const finished = await finishExperiment(experiment.id);
      await easel.autosave.forget();
      this.finished(finished);
    } finally {
      this.doneButton.disabled = false;
    }
  }

  close() {
    this.easel?.destroy();
    this.easel = null;
    this.experiment = null;
    this.upload = null;
    this.showUpload();
  }
}
