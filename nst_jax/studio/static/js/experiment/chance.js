// @ts-check
/** Photograph and painting by chance: the same seed, the same pair. */

/** @typedef {import("../types.js").Picture} Picture */

/** One more than the largest seed. */
const SEEDS = 2 ** 31;

/** @returns {number} a seed by chance */
export function randomSeed() {
  return crypto.getRandomValues(new Uint32Array(1))[0] % SEEDS;
}

/**
 * Read the seed of an address.
 *
 * @param {string} search as `location.search`
 * @returns {number|null} null without a seed, or if it is none
 */
export function seedOf(search) {
  const text = new URLSearchParams(search).get("seed");
  if (text === null || !/^\d{1,10}$/.test(text)) return null;
  const seed = Number(text);
  return seed < SEEDS ? seed : null;
}

/**
 * Choose a pair of samples; consecutive seeds go through all pairs. The server has the same rule.
 *
 * @param {number} seed
 * @param {Iterable<Picture>} pictures
 * @returns {{content: string|null, style: string|null}} ids; null where there is no sample
 */
export function pairOf(seed, pictures) {
  const samples = [...pictures].filter((picture) => picture.kind === "sample");
  /** @param {"content"|"style"} role */
  const names = (role) =>
    samples
      .filter((picture) => picture.role === role)
      .map((picture) => picture.id)
      .sort();
  const contents = names("content");
  const styles = names("style");
  return {
    content: contents[seed % contents.length] ?? null,
    style: styles[Math.floor(seed / Math.max(1, contents.length)) % styles.length] ?? null,
  };
}
