"""What the server asks of the painter while it works: noted by one thread, and looked at by the other between steps."""

import queue
import threading

from nst_jax.studio.painter_messages import Message


class Requests:
    """What the server asks for while a picture is made.

    Attributes:
        leaving: whether the process is to end.
    """

    def __init__(self) -> None:
        self.tasks: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self.leaving = threading.Event()
        self._cancelled: set[str] = set()
        self._stopped: set[str] = set()

    def handle(self, message: Message) -> None:
        """Note a message of the server; called in a thread of its own."""
        kind = message["type"]
        if kind == "cancel":
            self._cancelled.add(message["job"])
        elif kind == "stop":
            self._stopped.add(message["job"])
        elif kind == "leave":
            self.leave()
        else:
            self.tasks.put(message)

    def leave(self) -> None:
        """Ask for the end of the process."""
        self.leaving.set()
        self.tasks.put(None)

    def is_cancelled(self, job: str) -> bool:
        """Return whether the user has cancelled a job."""
        return job in self._cancelled

    def is_stopped(self, job: str) -> bool:
        """Return whether the user wants the picture of a job as it stands."""
        return job in self._stopped
