// @ts-check
/** The line of a picture's card that says whether it has a mask, and opens or removes it. */

import { pictureUrl } from "../api.js";
import { element, icon, replaceChildren } from "../shared/elements.js";
import { maskOf, withMask } from "./draft-masks.js";

/**
 * @param {import("./form.js").Form} form
 * @param {import("./draft-masks.js").Target} target
 * @returns {{node: HTMLElement, update: (name: string) => void}} update takes the picture's name
 */
export function maskRow(form, target) {
  const edit = element("button", { class: "button button-small button-quiet edit-mask", type: "button" });
  const image = element("img", {
    class: "mask-thumbnail",
    alt: "The mask in use",
    hidden: true,
    width: 48,
    height: 36,
  });
  const remove = element(
    "button",
    { class: "button button-small button-quiet remove-mask", type: "button", hidden: true },
    "Remove the mask",
  );
  edit.addEventListener("click", () => form.editMask(target));
  remove.addEventListener("click", () => {
    form.set(withMask(form.draft, target, null));
    edit.focus();
  });
  return {
    node: element("div", { class: "row mask-row" }, edit, image, remove),
    update(name) {
      const mask = maskOf(form.draft, target);
      const word = mask ? "Change the mask" : "Only a part …";
      replaceChildren(edit, icon("mask"), word);
      // The words that are seen come first, so that they can be spoken to the browser.
      edit.setAttribute("aria-label", `${word} (${name})`);
      remove.setAttribute("aria-label", `Remove the mask (${name})`);
      image.hidden = remove.hidden = !mask;
      const source = mask ? pictureUrl(mask, "thumbnail") : "";
      if (mask && image.getAttribute("src") !== source) image.src = source;
    },
  };
}
