"""Servers on this machine that stand for the mirrors of a published weight file."""

import hashlib
import http.server
import threading

from nst_jax.networks.weights.pretrained import KnownFile

# Nothing listens on the discard port of this machine: the connection is refused at once.
NOWHERE = "http://127.0.0.1:9/network.h5"


class Mirror(http.server.ThreadingHTTPServer):
    """A server that gives a list of replies: bytes, an error code, or bytes of which only the first n are sent."""

    def __init__(self, *replies: bytes | int | tuple[bytes, int]):
        self.replies, self.requests = list(replies), 0
        super().__init__(("127.0.0.1", 0), _Handler)
        # Polled often, because each test waits for its servers to end.
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/network.h5"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Mirror

    def do_GET(self) -> None:
        reply = self.server.replies[min(self.server.requests, len(self.server.replies) - 1)]
        self.server.requests += 1
        if isinstance(reply, int):
            self.send_error(reply)
            return
        body, sent = reply if isinstance(reply, tuple) else (reply, len(reply))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:sent])

    def log_message(self, *_: object) -> None:
        pass


def published(body: bytes, *urls: str) -> KnownFile:
    """Describe a file of the given content that is published at the given addresses."""
    return KnownFile("network.h5", len(body), hashlib.md5(body).hexdigest(), urls)
