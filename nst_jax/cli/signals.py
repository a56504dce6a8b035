"""Requests to stop: Ctrl-C (SIGINT), a scheduler's SIGTERM and the SIGHUP of a closed terminal, at any moment.

The signal handler only notes the signal, and the program looks at the note between its steps. An exception raised at an
arbitrary moment, as Python's own handler of SIGINT raises it, may be swallowed by a library, break an import, or cut
off the writing of a file. Where the main thread does not look for a while, because it imports or compiles, a second
thread ends the process, provided that there is nothing to save.

This module imports little, because signals can be held back only after its import.
"""

import contextlib
import os
import signal
import sys
import threading
import types

# As in the module `typing`, whose import would take longer than all others.
TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from typing import Any

# Windows has no SIGHUP, but SIGBREAK for a closed console.
SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))
# How long the main thread of a program that has nothing to save may take to stop by itself.
GRACE_SECONDS = 1.0
# How long writing the last line may take; it never ends if stderr is a full pipe that nobody reads.
LAST_LINE_SECONDS = 0.5
SHOW_CURSOR = "\x1b[?25h"


class Stopped(BaseException):
    """The program was asked to stop, and there is nothing to save; raised by `StopRequests.check` only.

    Like KeyboardInterrupt, it is not an `Exception`, so that no library takes it for an error.
    """


def hold() -> None:
    """Hold back signals until `release`, which delivers them; a second call has no effect.

    They also stay held back while the process restarts itself (see `huge_pages.restart_with_huge_pages`), until the
    restarted program calls `release`.
    """
    if not _masks_before and hasattr(signal, "pthread_sigmask"):
        _masks_before.append(signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS))


def release() -> None:
    """Deliver the signals that were held back, and all later ones."""
    from nst_jax.huge_pages import was_restarted

    while _masks_before:
        mask = _masks_before.pop()
        signal.pthread_sigmask(signal.SIG_SETMASK, mask - set(SIGNALS) if was_restarted() else mask)


# The signals that were blocked before `hold`; empty if nothing is held back.
_masks_before: list[set[signal.Signals | int]] = []


class StopRequests:
    """A context manager that notes the signals which ask the program to stop.

    Signals that were ignored before, as by `nohup`, and those that a calling program handles itself are left alone.
    Outside the main thread nothing is noted, because Python lets only the main thread handle signals.

    Args:
        own: whether the process is our own, so that it may be ended. In somebody else's process, a second Ctrl-C is
            raised as KeyboardInterrupt as long as there is nothing to save.
        grace: the seconds that the main thread may take to stop by itself if there is nothing to save.
        sentence: what is said when the program stops with nothing to save.

    Attributes:
        requested: the number of the first signal noted; None if there was none.
        repeated: whether there was another signal after it.
        sentence: as above; it may be changed as the program proceeds.
    """

    def __init__(
        self,
        own: bool = False,
        grace: float = GRACE_SECONDS,
        sentence: str = "Stopped before there was a picture.",
    ):
        self.requested: int | None = None
        self.repeated = False
        self.sentence = sentence
        self._own, self._grace = own, grace
        self._must_save = False
        self._seen = 0
        self._lock = threading.Lock()
        self._previous: "dict[int, Any]" = {}
        self._sender: "socket.socket | None" = None

    @property
    def exit_code(self) -> int:
        """The exit code of a stopped program: 128 plus the number of the signal."""
        return 128 + (signal.SIGINT if self.requested is None else self.requested)

    def check(self) -> None:
        """Raise `Stopped` if the program was asked to stop; to be called where there is nothing to save."""
        if self.requested is not None:
            raise Stopped

    def must_save(self) -> None:
        """Declare that there is something to save from now on: signals are only noted, and never end the process."""
        with self._lock:
            self._must_save = True

    def __enter__(self) -> "StopRequests":
        if threading.current_thread() is not threading.main_thread():
            return self
        for number in SIGNALS:
            previous = signal.getsignal(number)
            if previous in (signal.SIG_DFL, signal.default_int_handler):
                self._previous[number] = previous
                signal.signal(number, self._note)
        if self._own:
            import socket

            receiver, self._sender = socket.socketpair()
            self._sender.setblocking(False)
            signal.set_wakeup_fd(self._sender.fileno(), warn_on_full_buffer=False)
            threading.Thread(target=self._watch, args=(receiver,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        # The program is ending by itself, and says what has become of its picture.
        self.must_save()
        for number, previous in self._previous.items():
            # In our own process, a signal during the interpreter's exit would only cause a traceback.
            signal.signal(number, signal.SIG_IGN if self._own else previous)
        if self._sender:
            signal.set_wakeup_fd(-1)
            self._sender.close()

    def _note(self, number: int, _: types.FrameType | None) -> None:
        self._seen += 1
        self.repeated = self._seen > 1
        if self.requested is None:
            self.requested = number
        if self.repeated and number == signal.SIGINT and not self._own and not self._must_save:
            raise KeyboardInterrupt

    def _watch(self, receiver: "socket.socket") -> None:
        """Wait for a signal, and end the process if there is nothing to save after a second one or after the grace."""
        with receiver:
            numbers = self._receive(receiver)
            if numbers:
                if self.requested is None:
                    self.requested = numbers[0]
                if len(numbers) == 1:
                    receiver.settimeout(self._grace)
                    # Without any grace the socket does not wait, which is another error than a wait that ends.
                    with contextlib.suppress(TimeoutError, BlockingIOError):
                        self._receive(receiver)
                with self._lock:
                    if not self._must_save:
                        self._end_process()

    def _receive(self, receiver: "socket.socket") -> bytes:
        """Wait for signals of ours and return their numbers; empty when the context is left."""
        while data := receiver.recv(64):
            if numbers := bytes(number for number in data if number in self._previous):
                return numbers
        return b""

    def _end_process(self) -> None:
        from nst_jax.files import remove_unfinished

        remove_unfinished()
        is_terminal = bool(sys.stderr and sys.stderr.isatty())
        # A live display hides the cursor.
        line = f"{SHOW_CURSOR}\n{self.sentence}\n" if is_terminal else f"{self.sentence}\n"
        encoded = line.encode(getattr(sys.stderr, "encoding", None) or "utf-8", "backslashreplace")
        # Not by way of sys.stderr, whose lock the main thread may hold.
        writer = threading.Thread(target=_write_to_stderr, args=(encoded,), daemon=True)
        writer.start()
        writer.join(LAST_LINE_SECONDS)
        os._exit(self.exit_code)


def _write_to_stderr(data: bytes) -> None:
    with contextlib.suppress(OSError):
        os.write(2, data)
