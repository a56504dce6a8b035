// @ts-check
/**
 * A SharedWorker that holds the one event stream of all tabs of this origin.
 *
 * Browsers allow about six connections to one origin, so that a stream for each tab would leave none for requests.
 */

import { openStream } from "./shared/stream.js";

/** @type {Set<MessagePort>} */
const ports = new Set();
/** The last thing said about the connection, for tabs that come later. */
let connection = "lost";

/** @param {object} message */
function tell(message) {
  for (const port of ports) port.postMessage(message);
}

/** @type {(() => void)|null} */
let close = null;

function open() {
  close ??= openStream({
    event: (event) => tell({ event }),
    connection: (state) => {
      connection = state;
      tell({ connection });
    },
  });
}

self.addEventListener("connect", (connect) => {
  const port = /** @type {MessageEvent} */ (connect).ports[0];
  port.onmessage = ({ data }) => {
    if (data === "hello") {
      ports.add(port);
      open();
      if (connection === "open") port.postMessage({ connection });
    } else if (data === "bye") {
      ports.delete(port);
      if (ports.size === 0) {
        close?.();
        close = null;
        connection = "lost";
      }
    }
  };
});
