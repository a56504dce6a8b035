// @ts-check
/** The path of a curve: pure functions of numbers. */

const MARGIN = 3;

/**
 * Return the path of a curve with a logarithmic height that fills a box, and of the area below it.
 *
 * @param {number[]} steps
 * @param {number[]} values those that are not above zero are left out
 * @param {number} width
 * @param {number} height
 * @returns {{line: string, area: string}} empty with fewer than two points
 */
export function curvePath(steps, values, width, height) {
  const points = steps
    .map((step, index) => ({ step, level: Math.log(values[index]) }))
    .filter(({ level }) => Number.isFinite(level));
  if (points.length < 2) return { line: "", area: "" };
  const levels = points.map(({ level }) => level);
  const low = Math.min(...levels);
  const high = Math.max(...levels);
  const first = points[0].step;
  const last = points[points.length - 1].step;
  const corners = points.map(({ step, level }) => {
    const x = last > first ? (width * (step - first)) / (last - first) : 0;
    const y = high > low ? MARGIN + ((height - 2 * MARGIN) * (high - level)) / (high - low) : height / 2;
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  const line = `M${corners.join("L")}`;
  return { line, area: `${line}L${width},${height}L0,${height}Z` };
}

/** @param {number} value */
export const rounded = (value) =>
  Math.abs(value) >= 100 ? Math.round(value).toString() : Number(value.toPrecision(3)).toString();
