// @ts-check
/** The cards of the photograph and of the paintings: choose, drop, paste, mix. */

import { pictureUrl } from "../api.js";
import { element, find, icon, replaceChildren } from "../shared/elements.js";
import { KeyedList } from "../shared/keyed-list.js";
import { announce, ask } from "../shared/notices.js";
import { choosePicture, upload } from "./chooser.js";
import { byRegion } from "./draft-masks.js";
import { maskRow } from "./mask-row.js";
import { shares, withContent, withStyle, withStyleReplaced, withWeight, withoutStyle } from "./draft.js";

/** @typedef {import("../types.js").StyleChoice} StyleChoice */
/** @typedef {import("./form.js").Form} Form */
/** @typedef {import("../shared/live.js").Live} Live */

/**
 * @param {Form} form
 * @param {Live} live
 */
export function installPictures(form, live) {
  const { library } = form;
  const limit = () => live.state.limits.body_bytes;
  const photo = find("#photo");
  const paintings = find("#paintings");

  const choosePhoto = async () => {
    const picture = await choosePicture(library, "content", limit());
    if (picture) form.set(withContent(form.draft, picture.id));
  };
  find("#add-painting").addEventListener("click", async () => {
    const picture = await choosePicture(library, "style", limit());
    if (picture) form.set(withStyle(form.draft, picture.id));
  });

  const list = new KeyedList(
    paintings,
    (/** @type {StyleChoice} */ style) => style.picture,
    (style) => paintingRow(style, form, limit),
  );
  const mask = maskRow(form, "content");
  photo.after(mask.node);
  const show = () => {
    showPhoto(photo, form, choosePhoto);
    mask.node.hidden = !form.draft.content;
    mask.update(form.library.nameOf(form.draft.content ?? ""));
    list.show(form.draft.styles);
    find("#paintings-title").textContent = form.draft.styles.length > 1 ? "Paintings" : "Painting";
    const hint = find("#paintings-hint");
    hint.hidden = form.draft.styles.length > 0 && !byRegion(form.draft);
    hint.textContent = byRegion(form.draft)
      ? "Each has a region of the mask of its own."
      : "Its colors, textures and strokes are used.";
    find("#add-painting-word").textContent = form.draft.styles.length ? "Mix in another …" : "Choose a painting";
  };
  form.addEventListener("change", show);
  library.addEventListener("change", show);
  show();

  /** @param {Iterable<Blob>} files @param {"content"|"style"} role */
  const take = async (files, role) => {
    const pictures = await upload(library, files, limit());
    for (const picture of role === "content" ? pictures.slice(0, 1) : pictures) {
      form.set(role === "content" ? withContent(form.draft, picture.id) : addStyle(form.draft, picture.id, library));
      announce(`${library.nameOf(picture.id)} is the ${role === "content" ? "photograph" : "painting"} now.`);
    }
  };
  acceptDrops(find("#photo-card"), (files) => take(files, "content"));
  acceptDrops(find("#paintings-card"), (files) => take(files, "style"));
  acceptDrops(document.body, (files) => askAndTake(files, take));
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])].filter((file) => file.type.startsWith("image/"));
    if (files.length) askAndTake(files, take);
  });
}

/**
 * A painting of the user's own takes the place of the sample that the page began with.
 *
 * @param {import("./draft.js").Draft} draft
 * @param {string} picture
 * @param {import("../shared/library.js").Library} library
 */
function addStyle(draft, picture, library) {
  const [only, ...others] = draft.styles;
  const sample = only && others.length === 0 && library.pictures.get(only.picture)?.kind === "sample";
  return sample ? withStyleReplaced(draft, only.picture, picture) : withStyle(draft, picture);
}

/**
 * @param {Blob[]} files
 * @param {(files: Blob[], role: "content"|"style") => void} take
 */
async function askAndTake(files, take) {
  const role = await ask("Where does this picture go?", "A photograph is painted; a painting shows how.", [
    { value: "style", label: "It is the painting" },
    { value: "content", label: "It is the photograph" },
  ]);
  if (role) take(files, role);
}

/**
 * @param {HTMLElement} zone
 * @param {(files: File[]) => void} take
 */
function acceptDrops(zone, take) {
  let depth = 0;
  const mark = () => zone.classList.toggle("dropping", depth > 0);
  const withFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files");
  zone.addEventListener("dragenter", (event) => withFiles(event) && (depth++, mark()));
  zone.addEventListener("dragleave", (event) => withFiles(event) && (depth--, mark()));
  zone.addEventListener("dragover", (event) => withFiles(event) && event.preventDefault());
  zone.addEventListener("drop", (event) => {
    depth = 0;
    mark();
    // A drop on a card also reaches the body, which must not ask about it.
    if (event.defaultPrevented || !withFiles(event)) return;
    event.preventDefault();
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length) take(files);
  });
}

/**
 * @param {HTMLElement} where
 * @param {Form} form
 * @param {() => void} choose
 */
function showPhoto(where, form, choose) {
  const id = form.draft.content;
  const key = `${id} ${id && form.library.nameOf(id)}`;
  if (where.dataset.key === key) return;
  where.dataset.key = key;
  // A dialog gives the focus back to the button that opened it, which is replaced here.
  const focused = where.contains(document.activeElement);
  const picture = id ? form.library.pictures.get(id) : null;
  if (!id || !picture) {
    replaceChildren(
      where,
      element(
        "button",
        { class: "drop", type: "button", onclick: choose },
        icon("plus"),
        "Choose or drop a photograph",
      ),
    );
    if (focused) find("button", where).focus();
    return;
  }
  const name = form.library.nameOf(id);
  replaceChildren(
    where,
    element(
      "button",
      {
        class: "photo-button",
        type: "button",
        onclick: choose,
        "aria-label": `The photograph is ${name}. Choose another one.`,
      },
      element("img", { src: pictureUrl(id, "view"), alt: "", width: picture.width, height: picture.height }),
      element(
        "span",
        { class: "photo-caption" },
        element("span", { class: "photo-name" }, name),
        element("span", { class: "photo-change" }, "Change"),
      ),
    ),
  );
  if (focused) find("button", where).focus();
}

/**
 * @param {StyleChoice} first
 * @param {Form} form
 * @param {() => number} limit
 * @returns {import("../shared/keyed-list.js").Row<StyleChoice>}
 */
function paintingRow(first, form, limit) {
  const id = first.picture;
  const name = element("span", { class: "photo-name" });
  const share = element("output", { class: "share" });
  const weight = element("input", {
    type: "range",
    min: 0,
    max: 3,
    step: 0.1,
    oninput: () => form.set(withWeight(form.draft, id, Number(weight.value))),
  });
  const change = element(
    "button",
    { class: "painting-button", type: "button" },
    element("img", { src: pictureUrl(id, "thumbnail"), alt: "", width: 96, height: 72 }),
  );
  const choose = async () => {
    const picture = await choosePicture(form.library, "style", limit());
    if (picture) form.set(withStyleReplaced(form.draft, id, picture.id));
    find("button", find("#paintings")).focus();
  };
  change.addEventListener("click", choose);
  const word = element("button", { class: "button-link", type: "button", onclick: choose }, "Change");
  const remove = element("button", { class: "button-icon", type: "button" }, icon("close"));
  remove.addEventListener("click", () => {
    form.set(withoutStyle(form.draft, id));
    find("#add-painting").focus();
  });
  const mix = element(
    "label",
    { class: "mix" },
    element("span", { class: "visually-hidden" }, "Share of this painting"),
    weight,
    share,
  );
  const mask = maskRow(form, id);
  const node = element(
    "li",
    { class: "painting" },
    change,
    element("div", { class: "painting-text" }, element("div", { class: "photo-caption" }, name, word), mix, mask.node),
    remove,
  );
  return {
    node,
    update(style) {
      const title = form.library.nameOf(id);
      name.textContent = title;
      change.setAttribute("aria-label", `Painting ${title}. Choose another one.`);
      word.setAttribute("aria-label", `Change the painting ${title}`);
      remove.setAttribute("aria-label", `Leave out ${title}`);
      mask.update(title);
      const several = form.draft.styles.length > 1;
      mix.hidden = !several || byRegion(form.draft);
      remove.hidden = !several;
      if (Number(weight.value) !== style.weight) weight.value = String(style.weight);
      share.textContent = `${shares(form.draft)[form.draft.styles.indexOf(style)] ?? 0} %`;
    },
  };
}
