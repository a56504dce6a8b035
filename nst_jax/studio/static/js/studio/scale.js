// @ts-check
/**
 * The positions of a slider for a number: even steps, or even factors where the range spans several doublings.
 * Pure functions.
 */

/** @typedef {import("../types.js").Setting} Setting */

const POSITIONS = 200;

/** @param {Setting} setting */
export const isLogarithmic = ({ minimum, maximum }) =>
  minimum !== undefined && maximum !== undefined && minimum > 0 && maximum / minimum >= 8;

/** A slider over a range of many orders of magnitude would hit nothing. @param {Setting} setting */
export function hasSlider({ minimum, maximum, step }) {
  return minimum !== undefined && maximum !== undefined && (maximum - minimum) / (step ?? 0.01) <= 1000;
}

/**
 * Return the attributes of the slider of a setting.
 *
 * @param {Setting} setting
 * @returns {{min: number, max: number, step: number}}
 */
export function sliderRange(setting) {
  if (isLogarithmic(setting)) return { min: 0, max: POSITIONS, step: 1 };
  return { min: setting.minimum ?? 0, max: setting.maximum ?? 1, step: setting.step ?? 0.01 };
}

/** @param {Setting} setting @param {number} value */
export function toPosition(setting, value) {
  if (!isLogarithmic(setting)) return value;
  const low = Math.log(/** @type {number} */ (setting.minimum));
  const high = Math.log(/** @type {number} */ (setting.maximum));
  return Math.round((POSITIONS * (Math.log(value) - low)) / (high - low));
}

/** @param {Setting} setting @param {number} position */
export function fromPosition(setting, position) {
  if (!isLogarithmic(setting)) return position;
  const low = Math.log(/** @type {number} */ (setting.minimum));
  const high = Math.log(/** @type {number} */ (setting.maximum));
  const value = Math.exp(low + ((high - low) * position) / POSITIONS);
  const step = setting.step ?? 0.01;
  // Positions are coarser than the steps, so that 1 would otherwise be missed by a little.
  const near = Math.abs(value - 1) < 0.02 ? 1 : value;
  return Number((Math.round(near / step) * step).toFixed(6));
}

/**
 * Return the middle of a slider, where it stands while its recipe decides.
 *
 * @param {Setting} setting
 */
export function middle(setting) {
  const { min, max } = sliderRange(setting);
  return (min + max) / 2;
}
