// @ts-check
/**
 * The shapes that the server answers with; types only.
 *
 * @typedef {"queued"|"starting"|"painting"|"saving"|"done"|"cancelled"|"failed"} JobState
 * @typedef {{content: number, style: number, total: number}} Loss
 * @typedef {{picture: string, weight: number, mask: string|null}} StyleChoice
 * @typedef {string|number|boolean|null} SettingValue
 *
 * @typedef {object} Job
 * @property {string} id
 * @property {number} sequence
 * @property {JobState} state
 * @property {"fast"|"optimize"} method
 * @property {string} content
 * @property {StyleChoice[]} styles
 * @property {string|null} content_mask
 * @property {number[]} [blend] the shares of the mixture; empty if there is none
 * @property {Record<string, SettingValue>} settings
 * @property {string|null} [start] the job whose picture is the first
 * @property {string} command
 * @property {number} created
 * @property {number|null} started
 * @property {number|null} finished
 * @property {number} step
 * @property {number} total_steps
 * @property {number} scale
 * @property {number} scales
 * @property {number} seconds
 * @property {Loss|null} loss
 * @property {number} preview
 * @property {number} width
 * @property {number} height
 * @property {string|null} ending
 * @property {string|null} error
 * @property {boolean} starred
 * @property {string|null} experiment
 * @property {number|null} position
 * @property {string[]} notes warnings of the run
 * @property {string} title for pictures whose names are gone
 *
 * @typedef {object} Picture
 * @property {string} id
 * @property {string} name
 * @property {"sample"|"upload"|"drawing"|"mask"} kind
 * @property {"content"|"style"|null} role
 * @property {number} width
 * @property {number} height
 * @property {number} added
 *
 * @typedef {object} NewJob
 * @property {string} content
 * @property {StyleChoice[]} styles
 * @property {string|null} content_mask
 * @property {number[]} [blend] the shares of the mixture; empty if there is none
 * @property {"fast"|"optimize"} method
 * @property {Record<string, SettingValue>} settings
 * @property {string|null} [start] the finished job whose picture is the first
 * @property {string|null} [experiment]
 *
 * @typedef {{value: string, label: string, help: string}} Choice
 *
 * @typedef {object} Setting
 * @property {string} name
 * @property {string} label
 * @property {string} help
 * @property {"choice"|"number"|"integer"|"boolean"} kind
 * @property {Choice[]} [choices]
 * @property {number} [minimum]
 * @property {number} [maximum]
 * @property {number} [step]
 * @property {SettingValue} default
 * @property {boolean} advanced
 * @property {("fast"|"optimize")[]} methods the methods that have it
 *
 * @typedef {{name: string, title: string, description: string}} RecipeInfo
 * @typedef {{settings: Setting[], recipes: RecipeInfo[], formats: string[]}} Options
 * @typedef {"starting"|"idle"|"busy"|"stopped"} PainterState
 * @typedef {{body_bytes: number, pixels: number, queue: number}} Limits
 * @typedef {object} Snapshot
 * @property {string} version
 * @property {number} sequence
 * @property {PainterState} painter
 * @property {string|null} painter_error
 * @property {Job[]} jobs
 * @property {Limits} limits
 *
 * @typedef {{steps: number[], content: number[], style: number[], total: number[]}} Losses
 * @typedef {{name: string, id: number, data: any}} StudioEvent
 */

export {};
