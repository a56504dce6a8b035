// @ts-check
/** The icons of the tools. */

import { svg } from "../shared/elements.js";

/**
 * Make a decorative icon of paint-icons.svg.
 *
 * @param {string} name
 */
export function paintIcon(name) {
  const use = svg("use", { href: `/static/paint-icons.svg#${name}` });
  return svg("svg", { class: "icon", "aria-hidden": "true", viewBox: "0 0 24 24" }, use);
}
