// @ts-check
/** Menus made of <details>: closed by Escape, by a click elsewhere, and after a choice. */

import { element, icon } from "./elements.js";

/**
 * @param {string} label
 * @param {string} iconName
 * @returns {{node: HTMLDetailsElement, panel: HTMLElement}}
 */
export function makeMenu(label, iconName) {
  const panel = element("div", { class: "menu-panel" });
  const node = element(
    "details",
    { class: "menu" },
    element("summary", { class: "button" }, icon(iconName), element("span", {}, label), icon("down")),
    panel,
  );
  node.addEventListener("toggle", () => {
    const { bottom } = node.getBoundingClientRect();
    node.classList.toggle(
      "menu-up",
      node.open && bottom + panel.offsetHeight > innerHeight && bottom > panel.offsetHeight,
    );
  });
  const close = () => {
    node.open = false;
  };
  node.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && node.open) {
      event.stopPropagation();
      event.preventDefault();
      close();
      node.querySelector("summary")?.focus();
    }
  });
  panel.addEventListener("click", (event) => {
    if (/** @type {Element} */ (event.target).closest("a, button")) close();
  });
  document.addEventListener("pointerdown", (event) => {
    if (node.open && !node.contains(/** @type {Node} */ (event.target))) close();
  });
  node.addEventListener("focusout", (event) => {
    const next = /** @type {Node|null} */ (event.relatedTarget);
    if (next && !node.contains(next)) close();
  });
  return { node, panel };
}
