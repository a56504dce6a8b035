"""The server: one address, one URL, and an end that loses nothing."""

import contextlib
import logging
import logging.handlers
import os
import secrets
import signal
import socket
import types
from collections.abc import Callable
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from nst_jax.errors import InputError
from nst_jax.studio.app import make_app
from nst_jax.studio.child import Target
from nst_jax.studio.folder import DataFolder
from nst_jax.studio.guard import LOOPBACK, host_name, is_loopback
from nst_jax.studio.painter import main as paint_all

WILDCARDS = ("0.0.0.0", "::", "")
MAX_LOG_BYTES = 2**20
# How long open connections may take to end.
GRACE_SECONDS = 3


def serve(
    folder: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    token: str | None = None,
    allowed_hosts: tuple[str, ...] = (),
    network: str = "auto",
    device: str = "",
    painter: Target = paint_all,
) -> None:
    """Run the studio until a signal ends it.

    Args:
        folder: where all data are kept.
        host: the address to listen at.
        port: the port; 0 takes a free one.
        token: the secret word that the URL must have; None asks for none, which is possible only where no other
            machine can reach the server.
        allowed_hosts: further names by which the server may be called.
        network: the network of jobs that choose none.
        device: the platform to compute on.
        painter: what the painter process runs.

    Raises:
        InputError: when the address or the folder cannot be used, or a token is missing.
    """
    if token is None and not is_loopback(host):
        raise InputError(
            f"Other machines can reach the address {host}, so a token is needed; leave --no-token out, or leave --host "
            "out."
        )
    listener = _listen(host, port)
    with listener:
        port = listener.getsockname()[1]
        _keep_log(DataFolder(folder).log)
        hosts = (*LOOPBACK, host, *allowed_hosts, *(_own_names() if host in WILDCARDS else ()))
        app = make_app(folder, token=token, hosts=hosts, painter=painter, network=network, device=device)
        config = uvicorn.Config(
            app, log_config=None, access_log=False, server_header=False, proxy_headers=False, lifespan="on",
            timeout_graceful_shutdown=GRACE_SECONDS, ws="none",
        )  # fmt: skip
        server = _Server(config, app, url(host, port, token))
        # uvicorn exits by itself when the start fails, which is said below.
        with contextlib.suppress(SystemExit):
            server.run(sockets=[listener])
    if not server.was_ready:
        refusal = getattr(app.state, "refusal", None)
        raise refusal or InputError(f"The studio could not start; {folder / 'log.txt'} says why.")


def url(host: str, port: int, token: str | None) -> str:
    """Return the URL that is printed; for a wildcard address, one that other machines can open too."""
    name = (_own_address() or "127.0.0.1") if host in WILDCARDS else host
    shown = f"[{name}]" if ":" in name else name
    return f"http://{shown}:{port}/" + (f"?token={token}" if token else "")


def new_token() -> str:
    """Return a token that nobody guesses."""
    return secrets.token_urlsafe(24)


class _Server(uvicorn.Server):
    """A server that prints its URL once it can be opened, and ends its streams of events before it waits for them."""

    def __init__(self, config: uvicorn.Config, app: Starlette, address: str):
        super().__init__(config)
        self._app, self._address = app, address
        self.was_ready = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as usual, and say so."""
        await super().startup(sockets)
        if self.started:
            self.was_ready = True
            _end_with_the_terminal(self.handle_exit)
            print(f"The studio is at {self._address}  (Ctrl-C ends it)", flush=True)

    def handle_exit(self, sig: int, frame: types.FrameType | None) -> None:
        """Begin to end the server; called by signals."""
        if self.was_ready:
            self._app.state.context.studio.events.close()
        super().handle_exit(sig, frame)


def _end_with_the_terminal(handler: Callable[[int, types.FrameType | None], None]) -> None:
    """Let a closed terminal end the server, unless it was started to outlive that, as by `nohup`."""
    number = getattr(signal, "SIGHUP", None)
    if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
        signal.signal(number, handler)


def _listen(host: str, port: int) -> socket.socket:
    try:
        with contextlib.ExitStack() as stack:
            family, kind, protocol, _, address = socket.getaddrinfo(
                host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            listener = stack.enter_context(socket.socket(family, kind, protocol))
            if os.name == "posix":
                # On Windows this would let two servers share a port.
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            # From here on, whoever has called closes it.
            stack.pop_all()
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            f"The studio cannot listen at {host}:{port} ({reason}); give another --port, or 0 for a free one."
        ) from error
    return listener


def _own_names() -> list[str]:
    """Return the names and addresses of this machine, by which others may call it."""
    name = socket.gethostname()
    names = {name, socket.getfqdn(), f"{name}.local"}
    with contextlib.suppress(OSError):
        names |= {str(info[4][0]) for info in socket.getaddrinfo(name, None)}
    names.add(_own_address())
    return [each for each in names if host_name(f"[{each}]" if ":" in each else each)]


def _own_address() -> str:
    """Return the address of this machine in its network, or "" without one."""
    # No packet is sent: the system only chooses the address that it would be sent from.
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])
    return ""


def _keep_log(path: Path) -> None:
    """Write warnings and tracebacks to a file, and nothing to the terminal."""
    handler = logging.handlers.RotatingFileHandler(path, maxBytes=MAX_LOG_BYTES, backupCount=1, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
