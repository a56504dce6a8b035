// @ts-check
/** Lets colors run into their surroundings, as water does with paint that it loosens. */

/**
 * Blur the colors of a plane of four numbers a pixel, in place, by a part that differs from pixel to pixel.
 * @param {Uint16Array} data
 * @param {number} width of the plane in pixels
 * @param {{left: number, top: number, right: number, bottom: number}} area
 * @param {number} reach of the blur in pixels
 * @param {(pixel: number) => number} share how much of the blurred color a pixel takes, 0 to 1
 */
export function soften(data, width, area, reach, share) {
  const across = area.right - area.left;
  const down = area.bottom - area.top;
  const first = new Float32Array(across * down);
  const second = new Float32Array(across * down);
  for (let channel = 0; channel < 3; channel++) {
    for (let y = 0; y < down; y++) {
      let at = ((area.top + y) * width + area.left) * 4 + channel;
      for (let i = y * across; i < (y + 1) * across; i++, at += 4) first[i] = data[at];
    }
    // Two box blurs in each direction are close to a Gaussian.
    for (let round = 0; round < 2; round++) {
      alongRows(first, second, across, down, reach);
      alongColumns(second, first, across, down, reach);
    }
    for (let y = 0; y < down; y++) {
      const pixel = (area.top + y) * width + area.left;
      for (let x = 0; x < across; x++) {
        const part = share(pixel + x);
        if (part <= 0) continue;
        const at = (pixel + x) * 4 + channel;
        data[at] += (first[y * across + x] - data[at]) * part;
      }
    }
  }
}

/**
 * @param {Float32Array} from
 * @param {Float32Array} to
 * @param {number} across
 * @param {number} down
 * @param {number} reach
 */
function alongRows(from, to, across, down, reach) {
  for (let start = 0; start < across * down; start += across) {
    let sum = 0;
    let count = Math.min(reach, across);
    for (let x = 0; x < count; x++) sum += from[start + x];
    for (let x = 0; x < across; x++) {
      if (x + reach < across) {
        sum += from[start + x + reach];
        count++;
      }
      if (x > reach) {
        sum -= from[start + x - reach - 1];
        count--;
      }
      to[start + x] = sum / count;
    }
  }
}

/**
 * As along rows, but with a sum for each column, because memory is read fastest row by row.
 * @param {Float32Array} from
 * @param {Float32Array} to
 * @param {number} across
 * @param {number} down
 * @param {number} reach
 */
function alongColumns(from, to, across, down, reach) {
  const sums = new Float64Array(across);
  let count = Math.min(reach, down);
  for (let i = 0; i < count * across; i++) sums[i % across] += from[i];
  for (let y = 0; y < down; y++) {
    const start = y * across;
    const enters = y + reach < down ? start + reach * across : -1;
    const leaves = y > reach ? start - (reach + 1) * across : -1;
    count += (enters >= 0 ? 1 : 0) - (leaves >= 0 ? 1 : 0);
    for (let x = 0; x < across; x++) {
      if (enters >= 0) sums[x] += from[enters + x];
      if (leaves >= 0) sums[x] -= from[leaves + x];
      to[start + x] = sums[x] / count;
    }
  }
}
