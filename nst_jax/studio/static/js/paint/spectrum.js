// @ts-check
/**
 * Colors as reflectances in eight bands of light, from violet to deep red, and back.
 *
 * Paint mixes by what it absorbs at each wavelength, which three numbers cannot tell: that yellow and blue make green
 * needs the bands between. Each of the six primary and secondary colors has the smoothest reflectance within
 * [0.005, 0.995] that an observer sees as exactly that sRGB color (constrained least squares over the bands
 * 400-450-480-505-530-560-590-620-700 nm; CIE 1931 observer as fitted by Wyman, Sloan and Shirley 2013; even light).
 * Any other color is a sum of white, one secondary and one primary, as in Smits 1999, so that the way there and back
 * is exact.
 */

export const BANDS = 8;
/** Reflectance of the darkest paint: nothing absorbs all light, and a K/S of infinity would mix with nothing. */
const FLOOR = 0.004;

/** Linear sRGB as sums over the bands; each row adds up to 1. */
const OBSERVER = [
  [0.0525638, -0.0087725, -0.0893424, -0.1623458, -0.0960172, 0.2768135, 0.554622, 0.4724786],
  [-0.0610144, -0.0164627, 0.0981271, 0.2683213, 0.4340699, 0.280763, 0.0414971, -0.0453014],
  [0.4940984, 0.4952868, 0.1265368, 0.0031536, -0.0479478, -0.0439594, -0.0203967, -0.0067716],
];
const CYAN = [0.9516326, 0.995, 0.995, 0.995, 0.995, 0.9826329, 0.054642, 0.005];
const MAGENTA = [0.99, 0.99, 0.4079536, 0.01, 0.01, 0.1345729, 0.884697, 0.99];
const YELLOW = [0.01, 0.0935938, 0.5031197, 0.9274807, 0.99, 0.99, 0.99, 0.99];
const RED = [0.0483674, 0.005, 0.005, 0.005, 0.005, 0.0173671, 0.945358, 0.995];
const GREEN = [0.01, 0.01, 0.5920464, 0.99, 0.99, 0.8654271, 0.115303, 0.01];
const BLUE = [0.99, 0.9064062, 0.4968803, 0.0725193, 0.01, 0.01, 0.01, 0.01];

/** Bases scaled to leave room for the floor, in one array: secondaries (missing red, green, blue), then primaries. */
const BASES = Float64Array.from([CYAN, MAGENTA, YELLOW, RED, GREEN, BLUE].flat(), (value) => value * (1 - FLOOR));
const SEEN = Float64Array.from(OBSERVER.flat(), (value) => value / (1 - FLOOR));
const DARK = FLOOR / (1 - FLOOR);

/**
 * Write the reflectances of a color.
 * @param {number} red linear light in [0, 1]
 * @param {number} green
 * @param {number} blue
 * @param {Float64Array} bands receives BANDS values in [FLOOR, 1]
 */
export function reflect(red, green, blue, bands) {
  let white;
  let secondary;
  let primary;
  let second;
  let first;
  if (red <= green && red <= blue) {
    white = red;
    secondary = 0;
    primary = green > blue ? 4 * BANDS : 5 * BANDS;
    second = Math.min(green, blue) - red;
    first = Math.abs(green - blue);
  } else if (green <= blue) {
    white = green;
    secondary = BANDS;
    primary = red > blue ? 3 * BANDS : 5 * BANDS;
    second = Math.min(red, blue) - green;
    first = Math.abs(red - blue);
  } else {
    white = blue;
    secondary = 2 * BANDS;
    primary = red > green ? 3 * BANDS : 4 * BANDS;
    second = Math.min(red, green) - blue;
    first = Math.abs(red - green);
  }
  const base = FLOOR + (1 - FLOOR) * white;
  for (let band = 0; band < BANDS; band++) {
    bands[band] = base + second * BASES[secondary + band] + first * BASES[primary + band];
  }
}

/**
 * See reflectances as a color.
 * @param {Float64Array} bands
 * @param {Float64Array} rgb receives linear red, green and blue, clipped to [0, 1]
 */
export function see(bands, rgb) {
  let red = -DARK;
  let green = -DARK;
  let blue = -DARK;
  for (let band = 0; band < BANDS; band++) {
    const value = bands[band];
    red += SEEN[band] * value;
    green += SEEN[BANDS + band] * value;
    blue += SEEN[2 * BANDS + band] * value;
  }
  rgb[0] = red < 0 ? 0 : red > 1 ? 1 : red;
  rgb[1] = green < 0 ? 0 : green > 1 ? 1 : green;
  rgb[2] = blue < 0 ? 0 : blue > 1 ? 1 : blue;
}
