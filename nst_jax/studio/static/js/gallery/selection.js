// @ts-check
/** The selected pictures and what can be done with all of them. */

import { deleteJob, zipUrl } from "../api.js";
import { find } from "../shared/elements.js";
import { attempt, confirmDeletion } from "../shared/notices.js";

export class Selection {
  /** @type {Set<string>} */
  #ids = new Set();

  /** @param {{changed: () => void}} needs */
  constructor({ changed }) {
    this.changed = changed;
    find("#selection-clear").addEventListener("click", () => {
      this.#ids.clear();
      this.#show();
      changed();
      find("#main").focus();
    });
    find("#selection-delete").addEventListener("click", () => this.#delete());
  }

  /** @param {string} id */
  has(id) {
    return this.#ids.has(id);
  }

  /** @param {string} id @param {boolean} on */
  set(id, on) {
    if (on) this.#ids.add(id);
    else this.#ids.delete(id);
    this.#show();
  }

  /** Forget pictures that are gone. @param {ReadonlyMap<string, unknown>} jobs */
  keep(jobs) {
    for (const id of this.#ids) if (!jobs.has(id)) this.#ids.delete(id);
    this.#show();
  }

  #show() {
    const count = this.#ids.size;
    find("#selection").hidden = count === 0;
    find("#selection-count").textContent = count === 1 ? "1 picture" : `${count} pictures`;
    /** @type {HTMLAnchorElement} */ (find("#selection-zip")).href = zipUrl([...this.#ids]);
  }

  async #delete() {
    const ids = [...this.#ids];
    const [what, they] = ids.length === 1 ? ["this picture", "It is"] : [`these ${ids.length} pictures`, "They are"];
    if (!(await confirmDeletion(`Delete ${what}?`, `${they} removed from the studio and cannot be brought back.`)))
      return;
    for (const id of ids) await attempt(() => deleteJob(id));
    find("#main").focus();
  }
}
