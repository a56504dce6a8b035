// @ts-check
/** The masks of a draft: one for the photograph, and one for each painting or for none. Pure functions. */

/** @typedef {import("./draft.js").Draft} Draft */

/** What a mask belongs to: the photograph, or a painting by its identifier. @typedef {"content"|string} Target */

/** @param {Draft} draft @returns {{target: Target, picture: string}[]} all pictures that can have a mask */
export function maskTargets({ content, styles }) {
  const paintings = styles.map((style) => ({ target: style.picture, picture: style.picture }));
  return content ? [{ target: "content", picture: content }, ...paintings] : paintings;
}

/** @param {Draft} draft @param {Target} target @returns {string|null} */
export function maskOf(draft, target) {
  if (target === "content") return draft.mask;
  return draft.styles.find((style) => style.picture === target)?.mask ?? null;
}

/**
 * @param {Draft} draft
 * @param {Target} target
 * @param {string|null} mask
 * @param {number} [regions] of a mask of the photograph
 * @returns {Draft}
 */
export function withMask(draft, target, mask, regions = 1) {
  if (target === "content") return { ...draft, mask, regions };
  return { ...draft, styles: draft.styles.map((style) => (style.picture === target ? { ...style, mask } : style)) };
}

/**
 * Return the paintings that still need a mask: either each painting has one, or none.
 *
 * @param {Draft} draft
 * @returns {string[]}
 */
export function withoutMask({ styles }) {
  const bare = styles.filter((style) => !style.mask);
  return bare.length === styles.length ? [] : bare.map((style) => style.picture);
}

/** Whether each painting has a region of its own, so that shares mean nothing. @param {Draft} draft */
export const byRegion = ({ mask, regions = 1, styles }) =>
  Boolean(mask) && styles.length > 1 && regions === styles.length;

/**
 * Say why the regions of the photograph do not go with the paintings: one region takes a mixture, and as many as there
 * are paintings take one each.
 *
 * @param {Draft} draft
 * @returns {string} empty if they do
 */
export function regionsMisfit({ mask, regions = 1, styles }) {
  if (!mask || styles.length < 2 || regions < 2 || regions === styles.length) return "";
  return (
    `The mask of the photograph has regions for ${regions} paintings, and there are ${styles.length}. ` +
    "Paint a region for each painting, or remove the others."
  );
}
