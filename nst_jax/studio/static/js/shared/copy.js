// @ts-check
/** Copying text. */

import { element } from "./elements.js";
import { notice } from "./notices.js";

/**
 * Copy a text, also on pages that are not served from this machine, where browsers have no clipboard for them.
 *
 * @param {string} text
 */
export async function copyText(text) {
  if (navigator.clipboard) await navigator.clipboard.writeText(text);
  else {
    const area = element("textarea", { class: "visually-hidden", readonly: true });
    area.value = text;
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    if (!copied) throw new Error("This browser does not let the page copy; select the text and copy it by hand.");
  }
  notice("Copied.");
}
