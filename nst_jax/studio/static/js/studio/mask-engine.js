// @ts-check
/** The painter of masks, loaded when the mask tab is opened. */

/**
 * @typedef {object} MaskPainting
 * @property {(index: number) => void} setRegion
 * @property {(brush: {radius: number, soft: boolean}) => void} setBrush
 * @property {() => void} undo
 * @property {() => void} redo
 * @property {() => void} invert
 * @property {() => void} clear
 * @property {() => Promise<Blob>} toBlob
 * @property {() => void} [destroy]
 *
 * @typedef {new (canvas: HTMLCanvasElement, options: {width: number, height: number, background: HTMLImageElement}) => MaskPainting} MaskPaintingClass
 */

const MODULE = "../paint/mask.js";

/** @returns {Promise<MaskPaintingClass>} */
export async function loadMaskPainting() {
  return (await import(MODULE)).MaskPainting;
}
