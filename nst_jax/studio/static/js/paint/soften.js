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
      slide(first, second, down, across, across, 1, reach);
      slide(second, first, across, down, 1, across, reach);
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
 * Average along lines.
 * @param {Float32Array} from
 * @param {Float32Array} to
 * @param {number} lines
 * @param {number} length of a line
 * @param {number} next step from line to line
 * @param {number} step along a line
 * @param {number} reach
 */
function slide(from, to, lines, length, next, step, reach) {
  for (let line = 0; line < lines; line++) {
    const start = line * next;
    let sum = 0;
    let count = 0;
    for (let i = 0; i < Math.min(reach, length); i++, count++) sum += from[start + i * step];
    for (let i = 0; i < length; i++) {
      if (i + reach < length) {
        sum += from[start + (i + reach) * step];
        count++;
      }
      if (i - reach - 1 >= 0) {
        sum -= from[start + (i - reach - 1) * step];
        count--;
      }
      to[start + i * step] = sum / count;
    }
  }
}
