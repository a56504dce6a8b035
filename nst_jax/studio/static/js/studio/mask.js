// @ts-check
/** The mask tab: which part of the photograph is painted, and which part of each painting gives the style. */

import { uploadPicture } from "../api.js";
import { element, find, replaceChildren } from "../shared/elements.js";
import { attempt, notice } from "../shared/notices.js";
import { listed } from "../shared/words.js";
import { byRegion, maskOf, maskTargets, regionsMisfit, withMask, withoutMask } from "./draft-masks.js";
import { MaskSheets } from "./mask-sheets.js";

/** @typedef {import("./form.js").Form} Form */

const HELP = {
  content:
    "Brush over what is to be painted; everything else stays as it is in the photograph. With several paintings, " +
    "paint a region for each, or a single one that takes their mixture.",
  painting: "Brush over the part of this painting whose style is taken; the rest of it is not looked at.",
};

/** @param {Form} form */
export function installMask(form) {
  const { library } = form;
  const sheets = new MaskSheets();
  /** @type {import("./mask-sheets.js").Sheet|null} */
  let sheet = null;
  let target = "content";
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
  form.addEventListener("mask", (event) => {
    turnTo(/** @type {CustomEvent<string>} */ (event).detail);
    open(1, true);
  });

  /** @param {string} next */
  function turnTo(next) {
    if (next !== target) region = 1;
    target = next;
    show();
  }

  /** Show the canvas of the target. */
  async function begin() {
    const wanted = target;
    const picture = maskTargets(form.draft).find((each) => each.target === wanted)?.picture;
    if (!picture) return;
    if (sheet && (sheet.target !== wanted || sheet.picture !== picture)) {
      // Strokes while the next one is being loaded must not go to the one before.
      sheet = null;
      replaceChildren(find("#mask-paper"));
    }
    const parts = wanted === "content" ? "that are to be painted" : "whose style is taken";
    const label = `Mask of ${library.nameOf(picture)}: paint over the parts ${parts}`;
    const found = await sheets.open(wanted, picture, maskOf(form.draft, wanted), label);
    if (wanted !== target || found === sheet) return;
    sheet = found;
    const where = find("#mask-paper");
    where.style.setProperty("--ratio", String(sheet.canvas.width / sheet.canvas.height));
    replaceChildren(where, sheet.canvas);
    showRegions();
    setBrush();
  }

  const radius = /** @type {HTMLInputElement} */ (find("#mask-radius"));
  const soft = /** @type {HTMLInputElement} */ (find("#mask-soft"));
  const setBrush = () => sheet?.painting.setBrush({ radius: Number(radius.value), soft: soft.checked });
  radius.addEventListener("input", setBrush);
  soft.addEventListener("change", setBrush);

  function showTargets() {
    const choices = maskTargets(form.draft).map(({ target: each, picture }) => {
      const word = each === "content" ? "Photograph" : library.nameOf(picture);
      return choice("mask-target", word, each === target, () => turnTo(each), { "data-target": each });
    });
    replaceKeepingFocus(find("#mask-targets"), element("legend", {}, "Mask of"), ...choices);
  }

  let region = 1;
  function showRegions() {
    const { styles } = form.draft;
    const several = target === "content" && styles.length > 1;
    const one = target === "content" ? "Paint here" : "Take the style from here";
    const words = several ? styles.map((style) => library.nameOf(style.picture)) : [one];
    region = Math.min(region, words.length);
    const make = (/** @type {string} */ word, /** @type {number} */ index) =>
      choice("region", word, index === region, () => sheet?.painting.setRegion((region = index)), {
        "data-region": index,
      });
    replaceKeepingFocus(
      find("#mask-regions"),
      element("legend", {}, several ? "Paint in the style of" : "Brush"),
      ...words.map((word, index) => make(word, index + 1)),
      make(target === "content" ? "Leave as it is" : "Leave out", 0),
    );
    sheet?.painting.setRegion(region);
  }
  for (const name of /** @type {const} */ (["undo", "redo", "invert", "clear"])) {
    find(`#mask-${name}`).addEventListener("click", () => sheet?.painting[name]());
  }

  find("#use-mask").addEventListener("click", () =>
    attempt(async () => {
      if (!sheet) return;
      const used = sheet;
      const { regions } = used.painting;
      if (regions === 0) throw new Error("There is too little on this mask; brush over a part of the picture first.");
      if (used.target === "content") {
        const misfit = regionsMisfit({ ...form.draft, mask: "new", regions });
        if (misfit) throw new Error(misfit);
      }
      const name = `mask of ${library.nameOf(used.picture)}.png`;
      const picture = await uploadPicture(await used.painting.toBlob(), name, "mask");
      library.add(picture);
      used.mask = picture.id;
      form.set(withMask(form.draft, used.target, picture.id, regions));
      const [next] = withoutMask(form.draft);
      if (next) {
        notice(`Now a mask for ${library.nameOf(next)}: either each painting has one, or none.`);
        turnTo(next);
        find("#mask-targets input:checked").focus();
        return;
      }
      const mixed = form.draft.mask && form.draft.styles.length > 1 && !byRegion(form.draft);
      notice(`The mask is used for the next picture${mixed ? "; inside of it the paintings are mixed" : ""}.`);
      open(0);
      find("#paint").focus();
    }),
  );
  find("#drop-mask").addEventListener("click", () => {
    form.set(withMask(form.draft, target, null));
    find("#mask-targets input:checked").focus();
  });

  const show = () => {
    const targets = maskTargets(form.draft);
    if (!targets.some((each) => each.target === target)) target = targets[0]?.target ?? "content";
    sheets.keep(targets);
    find("#drop-mask").hidden = !maskOf(form.draft, target);
    find("#mask-help").textContent = target === "content" ? HELP.content : HELP.painting;
    const bare = withoutMask(form.draft).map((id) => library.nameOf(id));
    find("#mask-rule").textContent = bare.length
      ? `Either each painting has a mask, or none. Still without: ${listed(bare)}.`
      : target === "content" || form.draft.styles.length < 2
        ? ""
        : "Either each painting has a mask, or none.";
    showTargets();
    showRegions();
    if (!panels[1].hidden) attempt(begin);
  };
  form.addEventListener("change", show);
  library.addEventListener("change", show);
  open(0);
  show();
  return { open };
}

/**
 * @param {string} group
 * @param {string} word
 * @param {boolean} checked
 * @param {() => void} onchange
 * @param {Record<string, unknown>} data
 */
const choice = (group, word, checked, onchange, data) =>
  element(
    "label",
    { class: "segment", ...data },
    element("input", { type: "radio", name: group, checked, onchange }),
    element("span", {}, word),
  );

/**
 * Replace a group of choices; whoever moves through them by the arrow keys stays in it.
 *
 * @param {HTMLElement} group
 * @param {...HTMLElement} nodes
 */
function replaceKeepingFocus(group, ...nodes) {
  const focused = group.contains(document.activeElement);
  replaceChildren(group, ...nodes);
  if (focused) find("input:checked", group).focus();
}
