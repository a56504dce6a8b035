"""The painter: the child process that owns the device and makes one picture at a time.

It imports jax; the server does not. When the server ends without a word, the pipe breaks, and the painter keeps the
state of its job in a checkpoint before it ends too.
"""

import logging
import os
import signal
import threading
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from nst_jax.errors import InputError, describe_exception
from nst_jax.studio.child import receive_until_end
from nst_jax.studio.painter_messages import Message, PainterOptions
from nst_jax.studio.painter_requests import Requests

_log = logging.getLogger(__name__)

# How long to wait for the painter of a server that was killed, which keeps its state before it ends.
LOCK_SECONDS = 60.0


def main(connection: Connection, options: PainterOptions) -> None:
    """Work until the server hangs up; runs in the child process.

    Args:
        connection: the pipe to the server.
        options: see `PainterOptions`.
    """
    requests = Requests()
    # Ctrl-C reaches all processes of a terminal; the server tells this one when to end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: requests.leave())
    send_lock = threading.Lock()

    def send(message: Message) -> None:
        try:
            with send_lock:
                connection.send(message)
        except OSError:
            # The server has ended.
            requests.leave()

    def listen() -> None:
        receive_until_end(connection, requests.handle)
        requests.leave()

    threading.Thread(target=listen, daemon=True).start()
    if hasattr(os, "nice"):
        # The computation takes all cores; the page, on which somebody may be drawing, comes first.
        os.nice(10)
    _keep_log(options.log)
    if _prepare(options, requests, send):
        _work(requests, send)
    # Threads that still compute would only delay the end.
    connection.close()
    os._exit(0)


def _keep_log(path: Path) -> None:
    """Write warnings and tracebacks to a file."""
    logging.basicConfig(
        filename=path, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s", encoding="utf-8"
    )


def _prepare(options: PainterOptions, requests: Requests, send: Any) -> bool:
    """Take the device; return whether that succeeded."""
    import filelock

    if options.device:
        os.environ["JAX_PLATFORMS"] = options.device
    from nst_jax import process
    from nst_jax.devices import current_platform

    lock = filelock.FileLock(options.lock)
    deadline = LOCK_SECONDS
    while not requests.leaving.is_set():
        try:
            lock.acquire(timeout=0.5)
            break
        except filelock.Timeout:
            deadline -= 0.5
            if deadline <= 0:
                send({"type": "broken", "error": "Another painter uses this data folder; end it first."})
                return False
    else:
        return False
    try:
        process.configure()
        send({"type": "ready", "device": current_platform()})
    except InputError as error:
        send({"type": "broken", "error": str(error)})
        return False
    return True


def _work(requests: Requests, send: Any) -> None:
    """Perform tasks until there are no more."""
    from nst_jax.studio.painting import grade, paint

    while (message := requests.tasks.get()) is not None and not requests.leaving.is_set():
        task = message["task"]
        if message["type"] == "paint":
            try:
                paint(task, requests, send)
            except Exception as error:
                if not isinstance(error, InputError):
                    _log.exception("The job %s failed", task.job)
                send({"type": "failed", "job": task.job, "error": describe_exception(error)})
        else:
            try:
                send({"type": "graded", "experiment": task.experiment} | grade(task))
            except Exception as error:
                if not isinstance(error, InputError):
                    _log.exception("The experiment %s could not be graded", task.experiment)
                send({"type": "graded", "experiment": task.experiment, "error": describe_exception(error)})
