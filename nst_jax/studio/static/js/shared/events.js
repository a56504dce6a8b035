// @ts-check
/** The events of the server, for one page: from the stream that all tabs share, where the browser has SharedWorkers. */

import { openStream } from "./stream.js";

/** @typedef {import("./stream.js").Handlers} Handlers */

/**
 * Listen to the events until the page is left; a page that comes back from the browser's cache listens again.
 *
 * @param {Handlers} handlers
 */
export function listen(handlers) {
  if ("SharedWorker" in globalThis) listenToWorker(handlers);
  else listenWhileVisible(handlers);
}

/** @param {Handlers} handlers */
function listenToWorker(handlers) {
  const url = new URL("../events-worker.js", import.meta.url);
  const { port } = new SharedWorker(url, { type: "module", name: "nst-jax studio" });
  port.onmessage = ({ data }) => {
    if (data.connection) handlers.connection(data.connection);
    if (data.event) handlers.event(data.event);
  };
  port.postMessage("hello");
  addEventListener("pagehide", () => port.postMessage("bye"));
  addEventListener("pageshow", (event) => {
    if (event.persisted) port.postMessage("hello");
  });
}

/**
 * Hold a stream of one's own while the page is seen, so that many hidden tabs do not use up the browser's connections.
 *
 * @param {Handlers} handlers
 */
function listenWhileVisible(handlers) {
  /** @type {(() => void)|null} */
  let close = null;
  function update() {
    if (document.visibilityState === "visible") close ??= openStream(handlers);
    else {
      close?.();
      close = null;
    }
  }
  document.addEventListener("visibilitychange", update);
  update();
}
