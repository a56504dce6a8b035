import js from "@eslint/js";
import globals from "globals";

export default [
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2022, sourceType: "module", globals: { ...globals.browser } },
    rules: {
      eqeqeq: "error",
      "no-var": "error",
      "prefer-const": "error",
      "max-lines": ["error", 250],
      "max-len": ["error", { code: 120, ignoreUrls: true }],
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-eval": "error",
      "no-implied-eval": "error",
      // File names and messages are text; what reads markup would run what somebody wrote into them.
      "no-restricted-properties": [
        "error",
        ...["innerHTML", "outerHTML", "insertAdjacentHTML", "srcdoc"].map((property) => ({
          property,
          message: "Use textContent or elements.",
        })),
        { object: "document", property: "write", message: "Use elements." },
      ],
    },
  },
  { files: ["nst_jax/studio/static/js/theme.js"], languageOptions: { sourceType: "script" } },
  { files: ["tests/javascript/**"], languageOptions: { globals: { ...globals.node } } },
];
