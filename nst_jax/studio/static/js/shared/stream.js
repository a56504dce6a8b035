// @ts-check
/** One stream of the server's events, opened again for as long as it is wanted. */

const NAMES = ["job", "progress", "deleted", "picture", "experiment", "painter"];
/** Sent when more was missed than the server remembers: the state must be read again. */
const RESET = "reset";
const RETRY_MS = 2000;

/**
 * @typedef {object} Handlers
 * @property {(event: import("../types.js").StudioEvent) => void} event
 * @property {(state: "open"|"lost") => void} connection "open" also after each interruption: read the state again
 */

/**
 * Open the stream.
 *
 * @param {Handlers} handlers
 * @returns {() => void} closes it
 */
export function openStream(handlers) {
  /** @type {EventSource} */
  let source;
  /** @type {ReturnType<typeof setTimeout>|undefined} */
  let timer;

  function connect() {
    source = new EventSource("/api/events");
    source.onopen = () => handlers.connection("open");
    source.onerror = () => {
      handlers.connection("lost");
      // The browser tries again by itself after an interruption, but not after an answer other than 200.
      if (source.readyState === EventSource.CLOSED) {
        clearTimeout(timer);
        timer = setTimeout(connect, RETRY_MS);
      }
    };
    source.addEventListener(RESET, () => handlers.connection("open"));
    for (const name of NAMES) {
      source.addEventListener(name, (message) => {
        handlers.event({ name, id: Number(message.lastEventId), data: JSON.parse(message.data) });
      });
    }
  }

  connect();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
