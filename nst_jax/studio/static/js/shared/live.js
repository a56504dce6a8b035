// @ts-check
/** The page's live view of the server: the state, kept up to date by events. */

import { getState } from "../api.js";
import { listen } from "./events.js";
import { applyEvent, emptyState, fromSnapshot } from "./store.js";

/** @typedef {import("../types.js").StudioEvent} StudioEvent */

/**
 * Dispatches "change" when the state has changed, "connection" when the server comes or goes, and "message" (a
 * CustomEvent with the `StudioEvent`) for each new event.
 */
export class Live extends EventTarget {
  state = emptyState();
  /** @type {"starting"|"open"|"lost"} */
  connection = "starting";
  /** Events that came while a snapshot was on its way. @type {StudioEvent[]|null} */
  #waiting = null;
  #again = false;

  start() {
    listen({
      event: (event) => this.#take(event),
      connection: (connection) => {
        this.#setConnection(connection);
        // Events may have been missed, whatever the server remembers.
        if (connection === "open") this.refresh();
      },
    });
    this.refresh();
  }

  /** Read the whole state again. */
  async refresh() {
    if (this.#waiting) {
      this.#again = true;
      return;
    }
    this.#waiting = [];
    try {
      this.state = fromSnapshot(await getState());
      if (this.connection === "starting") this.#setConnection("open");
    } catch {
      this.#setConnection("lost");
    }
    const events = this.#waiting;
    this.#waiting = null;
    for (const event of events) this.#apply(event);
    this.dispatchEvent(new Event("change"));
    if (this.#again) {
      this.#again = false;
      this.refresh();
    }
  }

  /** @param {StudioEvent} event */
  #take(event) {
    if (this.#waiting) this.#waiting.push(event);
    else if (this.#apply(event)) this.dispatchEvent(new Event("change"));
  }

  /** @param {StudioEvent} event */
  #apply(event) {
    const next = applyEvent(this.state, event);
    if (next === this.state) return false;
    this.state = next;
    this.dispatchEvent(new CustomEvent("message", { detail: event }));
    return true;
  }

  /** @param {"open"|"lost"} connection */
  #setConnection(connection) {
    if (this.connection === connection) return;
    this.connection = connection;
    this.dispatchEvent(new Event("connection"));
  }
}
