"""Run the studio with the painter of the tests: `python -m tests.browser.serve FOLDER` prints its URL."""

import socket
import sys
from pathlib import Path

import uvicorn

from nst_jax.studio.app import make_app
from tests.browser import painter


def main() -> None:
    """Serve until a signal comes."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    app = make_app(Path(sys.argv[1]), painter=painter.main)
    config = uvicorn.Config(app, log_level="error", lifespan="on", ws="none", timeout_graceful_shutdown=1)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}/", flush=True)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
