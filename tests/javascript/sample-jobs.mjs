/** Jobs and settings as the server describes them, for the tests. */

/** @param {object} [fields] */
export function makeJob(fields = {}) {
  return {
    id: "a".repeat(20), sequence: 1, state: "queued", method: "optimize", content: "photo",
    styles: [{ picture: "painting", weight: 1, mask: null }], content_mask: null, settings: {}, command: "nst-jax",
    created: 100, started: null, finished: null, step: 0, total_steps: 90, scale: 0, scales: 0, seconds: 0, loss: null,
    preview: 0, width: 0, height: 0, ending: null, error: null, starred: false, experiment: null, position: null,
    notes: [], title: "photo in painting", ...fields,
  };
}

const BOTH = ["fast", "optimize"];

export const SETTINGS = [
  { name: "size", label: "Size", help: "", kind: "integer", minimum: 64, maximum: 4096, step: 32, default: 512, methods: BOTH },
  { name: "style_strength", label: "Strength", help: "", kind: "number", minimum: 0, maximum: 1, step: 0.05, default: null, methods: BOTH },
  { name: "style_scale", label: "Strokes", help: "", kind: "number", minimum: 0.25, maximum: 4, step: 0.05, default: 1, methods: BOTH },
  { name: "color", label: "Colors", help: "", kind: "choice", choices: [], default: "style", methods: BOTH },
  { name: "quality", label: "Quality", help: "", kind: "choice", choices: [], default: "normal", methods: ["optimize"] },
  { name: "steps", label: "Steps", help: "", kind: "integer", minimum: 1, maximum: 5000, step: 1, default: null, methods: ["optimize"] },
];
