"""A child process of the server, and the pipe to it."""

import contextlib
import multiprocessing
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

Message = dict[str, Any]
# What a child process runs: it is given its end of the pipe and further arguments, which must be picklable.
Target = Callable[..., None]


class Child:
    """A running child process, started anew and not forked, so that it has nothing of the server in its memory.

    Args:
        target: the function that the process runs.
        arguments: its arguments after the connection.
        on_message: called with each message, in a thread of its own.
        on_end: called once with the exit code after the last message, in the same thread.
    """

    def __init__(
        self,
        target: Target,
        arguments: tuple[Any, ...],
        on_message: Callable[[Any], None],
        on_end: Callable[[int | None], None],
    ):
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=target, args=(theirs, *arguments), daemon=True)
        self._process.start()
        # Without this, the end of the process would not be the end of the pipe.
        theirs.close()
        self._send_lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, args=(on_message, on_end), daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int | None:
        """The number of the process."""
        return self._process.pid

    def send(self, message: Any) -> None:
        """Send a message; a process that has ended does not get it, and `on_end` tells of that."""
        with self._send_lock, contextlib.suppress(OSError, ValueError):
            self._connection.send(message)

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()

    def join(self, seconds: float) -> bool:
        """Wait for the end of the process; return whether it has ended."""
        self._process.join(seconds)
        return not self._process.is_alive()

    def _read(self, on_message: Callable[[Any], None], on_end: Callable[[int | None], None]) -> None:
        # The event loop is closed (RuntimeError) when the server ends before its child.
        with contextlib.suppress(EOFError, OSError, RuntimeError):
            while True:
                on_message(self._connection.recv())
        self._process.join()
        with contextlib.suppress(RuntimeError):
            on_end(self._process.exitcode)


def receive_until_end(connection: Connection, handle: Callable[[Any], None]) -> None:
    """Handle the messages of the server until it hangs up or ends; to be run in the child process."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            handle(connection.recv())
