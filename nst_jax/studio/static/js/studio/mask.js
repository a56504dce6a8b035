// @ts-check
/** The mask tab: where the photograph is painted, and in which painting's style. */

import { pictureUrl, uploadPicture } from "../api.js";
import { MaskPainting } from "../paint/mask.js";
import { element, find, icon, replaceChildren } from "../shared/elements.js";
import { attempt, notice } from "../shared/notices.js";

/** @typedef {import("./form.js").Form} Form */

/** The mask is painted at this size at most, so that the brush stays quick; it is scaled when it is used. */
const LONG_SIDE = 1024;

/** @param {Form} form */
export function installMask(form) {
  const { library } = form;
  /** @type {MaskPainting|null} */
  let painting = null;
  let content = "";
  const tabs = [find("#tab-picture"), find("#tab-mask")];
  const panels = [find("#panel-picture"), find("#panel-mask")];

  /** @param {number} index @param {boolean} [focus] */
  const open = (index, focus = false) => {
    tabs.forEach((tab, each) => {
      tab.setAttribute("aria-selected", String(each === index));
      tab.tabIndex = each === index ? 0 : -1;
      panels[each].hidden = each !== index;
    });
    if (focus) tabs[index].focus();
    if (index === 1) attempt(begin);
  };
  tabs.forEach((tab, index) => {
    tab.addEventListener("click", () => open(index));
    tab.addEventListener("keydown", (event) => {
      if (["ArrowLeft", "ArrowRight"].includes(event.key)) open(1 - index, true);
    });
  });
  find("#edit-mask").addEventListener("click", () => open(1, true));

  async function begin() {
    const id = form.draft.content;
    if (!id || id === content) return;
    const image = element("img", { alt: "" });
    image.src = pictureUrl(id, "view");
    await image.decode();
    painting?.destroy();
    const factor = Math.min(1, LONG_SIDE / Math.max(image.naturalWidth, image.naturalHeight));
    const [width, height] = [image.naturalWidth, image.naturalHeight].map((side) =>
      Math.max(1, Math.round(side * factor)),
    );
    const canvas = element("canvas", {
      class: "mask-canvas",
      tabindex: 0,
      "aria-label": "Mask: paint over the parts that are to be painted",
    });
    const where = find("#mask-paper");
    where.style.setProperty("--ratio", String(width / height));
    replaceChildren(where, canvas);
    painting = new MaskPainting(canvas, { width, height, background: image });
    content = id;
    showRegions();
    setBrush();
  }

  const radius = /** @type {HTMLInputElement} */ (find("#mask-radius"));
  const soft = /** @type {HTMLInputElement} */ (find("#mask-soft"));
  const setBrush = () => painting?.setBrush({ radius: Number(radius.value), soft: soft.checked });
  radius.addEventListener("input", setBrush);
  soft.addEventListener("change", setBrush);

  let region = 1;
  function showRegions() {
    const styles = form.draft.styles;
    const words = styles.length > 1 ? styles.map((style) => library.nameOf(style.picture)) : ["Paint here"];
    region = Math.min(region, words.length);
    const make = (/** @type {string} */ word, /** @type {number} */ index) =>
      element(
        "label",
        { class: "segment", "data-region": index },
        element("input", {
          type: "radio",
          name: "region",
          checked: index === region,
          onchange: () => {
            region = index;
            painting?.setRegion(index);
          },
        }),
        element("span", {}, word),
      );
    const legend = element("legend", {}, styles.length > 1 ? "Paint in the style of" : "Brush");
    replaceChildren(
      find("#mask-regions"),
      legend,
      ...words.map((word, index) => make(word, index + 1)),
      make("Leave as it is", 0),
    );
    painting?.setRegion(region);
  }
  for (const name of /** @type {const} */ (["undo", "redo", "invert", "clear"])) {
    find(`#mask-${name}`).addEventListener("click", () => painting?.[name]());
  }

  find("#use-mask").addEventListener("click", () =>
    attempt(async () => {
      if (!painting) return;
      const picture = await uploadPicture(await painting.toBlob(), `mask of ${library.nameOf(content)}.png`, "mask");
      library.add(picture);
      form.set({ ...form.draft, mask: picture.id });
      notice("The mask is used for the next picture.");
      open(0);
      find("#paint").focus();
    }),
  );
  find("#remove-mask").addEventListener("click", () => {
    form.set({ ...form.draft, mask: null });
    find("#edit-mask").focus();
  });

  const show = () => {
    const { mask } = form.draft;
    const image = /** @type {HTMLImageElement} */ (find("#mask-thumbnail"));
    image.hidden = !mask;
    if (mask) image.src = pictureUrl(mask, "thumbnail");
    find("#remove-mask").hidden = !mask;
    replaceChildren(find("#edit-mask"), icon("mask"), mask ? "Change the mask" : "Only a part …");
    if (!panels[1].hidden) attempt(begin);
    showRegions();
  };
  form.addEventListener("change", show);
  library.addEventListener("change", show);
  open(0);
  show();
  return { open };
}
