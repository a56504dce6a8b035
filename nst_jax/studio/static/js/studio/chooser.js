// @ts-check
/** The dialog in which a picture is chosen: samples, the user's own, or a new file. */

import { deletePicture, pictureUrl, uploadPicture } from "../api.js";
import { element, icon } from "../shared/elements.js";
import { KeyedList } from "../shared/keyed-list.js";
import { attempt, confirmDeletion, dismiss, notice } from "../shared/notices.js";

/** @typedef {import("../types.js").Picture} Picture */
/** @typedef {import("../shared/library.js").Library} Library */

export const ACCEPTED = "image/png,image/jpeg,image/webp,image/tiff,image/gif,image/bmp,image/avif,.heic,.jxl";

/** What a message is about, so that the next file takes it away. */
export const UPLOAD = "upload";

const HINT = "It stays on the machine that runs this studio.";

/**
 * Upload files and add them to the library.
 *
 * @param {Library} library
 * @param {Iterable<Blob>} files
 * @param {number} limit largest number of bytes
 * @returns {Promise<Picture[]>} those that were read; the others are reported
 */
export async function upload(library, files, limit) {
  const pictures = [];
  dismiss(UPLOAD);
  for (const file of files) {
    const name = file instanceof File ? file.name : "pasted picture";
    if (file.size > limit) {
      const megabytes = Math.round(limit / 2 ** 20);
      notice(`${name} is larger than ${megabytes} MB; choose a smaller file.`, { kind: "error", topic: UPLOAD });
      continue;
    }
    const picture = await uploadNamed(file, name);
    if (picture) {
      library.add(picture);
      pictures.push(picture);
    }
  }
  return pictures;
}

/**
 * Upload one file. A failure is shown with the file's name until the next file is given.
 *
 * @param {Blob} file
 * @param {string} name
 * @param {"upload"|"drawing"} [kind]
 * @returns {Promise<Picture|null>}
 */
export async function uploadNamed(file, name, kind = "upload") {
  try {
    return await uploadPicture(file, name, kind);
  } catch (error) {
    notice(`${name}: ${error instanceof Error ? error.message : error}`, { kind: "error", topic: UPLOAD });
    return null;
  }
}

/**
 * Let the user choose one picture.
 *
 * @param {Library} library
 * @param {"content"|"style"} role
 * @param {number} limit largest number of bytes of a file
 * @returns {Promise<Picture|null>}
 */
export function choosePicture(library, role, limit) {
  dismiss(UPLOAD);
  return new Promise((resolve) => {
    /** @type {Picture|null} */
    let chosen = null;
    const grid = element("ul", { class: "chooser-grid" });
    const hint = element("span", { class: "quiet", role: "status" }, HINT);
    const file = element("input", {
      type: "file",
      accept: ACCEPTED,
      class: "visually-hidden",
      id: "chooser-file",
      onchange: async () => {
        dialog.setAttribute("aria-busy", "true");
        hint.textContent = "The picture is being read …";
        const [picture] = await upload(library, file.files ?? [], limit);
        dialog.removeAttribute("aria-busy");
        hint.textContent = HINT;
        file.value = "";
        if (picture) choose(picture);
      },
    });
    /** @param {Picture} picture */
    const choose = (picture) => {
      dismiss(UPLOAD);
      chosen = picture;
      dialog.close();
    };
    const heading = role === "content" ? "Choose a photograph" : "Choose a painting";
    const dialog = element(
      "dialog",
      { class: "dialog", "aria-labelledby": "chooser-title" },
      element(
        "div",
        { class: "dialog-head" },
        element("h2", { id: "chooser-title" }, heading),
        element(
          "button",
          { class: "button-icon", "aria-label": "Close", onclick: () => dialog.close() },
          icon("close"),
        ),
      ),
      element(
        "div",
        { class: "row" },
        file,
        element("label", { for: "chooser-file", class: "button button-primary" }, icon("plus"), "Open a file"),
        hint,
      ),
      grid,
    );
    const list = new KeyedList(
      grid,
      (/** @type {Picture} */ picture) => picture.id,
      (picture) => tile(picture, library, choose),
    );
    const show = () => list.show(library.choices(role));
    library.addEventListener("change", show);
    dialog.addEventListener("close", () => {
      library.removeEventListener("change", show);
      dialog.remove();
      resolve(chosen);
    });
    show();
    document.body.append(dialog);
    dialog.showModal();
  });
}

/**
 * @param {Picture} picture
 * @param {Library} library
 * @param {(picture: Picture) => void} choose
 * @returns {import("../shared/keyed-list.js").Row<Picture>}
 */
function tile(picture, library, choose) {
  const name = library.nameOf(picture.id);
  const remove = async () => {
    if (
      !(await confirmDeletion(
        `Delete ${name}?`,
        "The picture is removed from the studio; the file it came from stays.",
      ))
    )
      return;
    await attempt(async () => {
      await deletePicture(picture.id);
      library.remove(picture.id);
    });
  };
  const node = element(
    "li",
    { class: "tile" },
    element(
      "button",
      { class: "tile-button", type: "button", onclick: () => choose(picture) },
      element("img", { src: pictureUrl(picture.id, "thumbnail"), alt: "", loading: "lazy", width: 160, height: 120 }),
      element("span", { class: "tile-name" }, name),
      element(
        "span",
        { class: "quiet" },
        picture.kind === "sample" ? "Sample" : `${picture.width} × ${picture.height}`,
      ),
    ),
    picture.kind !== "sample" &&
      element(
        "button",
        { class: "button-icon tile-delete", type: "button", "aria-label": `Delete ${name}`, onclick: remove },
        icon("delete"),
      ),
  );
  return { node, update: () => {} };
}
