// @ts-check
/** The tools by name, and what can be set on them. */

import { Acrylic } from "./acrylic.js";
import { Knife } from "./knife.js";
import { Pencil } from "./pencil.js";
import { Eraser, Water } from "./round.js";
import { Watercolor } from "./watercolor.js";

/**
 * @typedef {object} Options
 * @property {string} color #rrggbb
 * @property {number} radius in pixels of the picture
 * @property {number} opacity 0 to 1
 * @property {number} wetness 0 to 1: how much paint mixes with what lies there
 */

/**
 * @typedef {object} Tool one stroke of a tool
 * @property {number} spacing of the points that it wants, in pixels
 * @property {(point: import("./stroke.js").Sample) => void} begin
 * @property {(point: import("./stroke.js").Sample) => void} move
 * @property {() => void} end
 * @property {() => void} [flush] paint what is pending; called before each frame
 */

/** @typedef {"acrylic" | "watercolor" | "pencil" | "knife" | "water" | "eraser"} ToolName */

/** @type {Record<ToolName, {make: new (...args: any[]) => Tool, label: string, help: string, options: Options}>} */
export const TOOLS = {
  acrylic: {
    make: Acrylic,
    label: "Acrylic",
    help: "Thick, opaque paint. The brush runs dry along a stroke and mixes with what it meets.",
    options: { color: "#2a4d9b", radius: 24, opacity: 1, wetness: 0.4 },
  },
  watercolor: {
    make: Watercolor,
    label: "Watercolor",
    help: "A transparent wash with darker edges. Strokes over wet paper bleed.",
    options: { color: "#2a4d9b", radius: 32, opacity: 0.8, wetness: 0.5 },
  },
  pencil: {
    make: Pencil,
    label: "Pencil",
    help: "A thin dry line that shows the grain of the paper.",
    options: { color: "#333333", radius: 1.6, opacity: 0.9, wetness: 0 },
  },
  knife: {
    make: Knife,
    label: "Knife",
    help: "Palette knife: lays a smooth slab of paint, then scrapes and smears.",
    options: { color: "#2a4d9b", radius: 28, opacity: 1, wetness: 0.7 },
  },
  water: {
    make: Water,
    label: "Water",
    help: "Clear water: softens paint, drags it along, and wets the paper.",
    options: { color: "#ffffff", radius: 28, opacity: 0.8, wetness: 0.5 },
  },
  eraser: {
    make: Eraser,
    label: "Eraser",
    help: "Takes paint off down to the paper.",
    options: { color: "#ffffff", radius: 20, opacity: 1, wetness: 0 },
  },
};
