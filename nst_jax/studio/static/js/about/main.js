// @ts-check
/** The page about the program. */

import { find } from "../shared/elements.js";
import { startPage } from "../shared/page.js";

const { live } = startPage();
live.addEventListener("change", () => {
  if (live.state.version) find("#version").textContent = `nst-jax ${live.state.version}`;
});
