"""Events for the pages: a short memory of what has changed, which any number of pages follow at their own pace."""

import asyncio
import collections
import json
import time
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from nst_jax.studio.store import Record

# How many events are remembered for pages that fall behind or reconnect.
MEMORY = 500
HEARTBEAT_SECONDS = 15.0
# Sent to a page that has missed more than is remembered: it must fetch the state anew.
RESET = "reset"


class Event(NamedTuple):
    """An event with its place in the order of all events."""

    sequence: int
    kind: str
    data: Record

    def encoded(self) -> str:
        """Return the event as server-sent events are written (HTML standard, 9.2)."""
        return f"id: {self.sequence}\nevent: {self.kind}\ndata: {json.dumps(self.data)}\n\n"


class Events:
    """The latest events, to be followed by pages.

    Pages have no queues of their own. Each remembers only the number of the last event that it has got, so that a page
    that reads slowly, or not at all, takes no memory. Of the progress of a job, only the latest is kept.

    Args:
        last: the highest sequence number that was ever used.
    """

    def __init__(self, last: int = 0):
        # A restart must not repeat numbers, and those of progress are not stored anywhere.
        self.sequence = max(last + 100_000, int(time.time() * 1000))
        self._events: collections.deque[Event] = collections.deque(maxlen=MEMORY)
        self._oldest = self.sequence
        self._changed = asyncio.Event()
        self._closed = False

    def next_sequence(self) -> int:
        """Return the number for the next event."""
        self.sequence += 1
        return self.sequence

    def publish(self, kind: str, data: Record, sequence: int | None = None) -> None:
        """Add an event, and wake all followers.

        Args:
            kind: the name of the event.
            data: plain data, fit for JSON.
            sequence: its number, if `next_sequence` was called for it; None takes the next one.
        """
        number = self.next_sequence() if sequence is None else sequence
        if kind == "progress":
            self._forget_progress(data["job"])
        if len(self._events) == MEMORY:
            self._oldest = self._events[0].sequence
        self._events.append(Event(number, kind, data))
        self._wake()

    def close(self) -> None:
        """End all followers, because the server stops."""
        self._closed = True
        self._wake()

    async def follow(self, last: int | None, heartbeat: float = HEARTBEAT_SECONDS) -> AsyncIterator[str]:
        """Yield encoded events as they come, and comments while there are none.

        Args:
            last: the number of the last event that the page has got; None begins with the next one.
            heartbeat: the seconds between comments.
        """
        sent = self.sequence if last is None else last
        # Tells the browser after how many milliseconds to connect again, and that the connection works.
        yield "retry: 1000\n: following\n\n"
        while not self._closed:
            if sent < self._oldest or sent > self.sequence:
                sent = self.sequence
                yield Event(sent, RESET, {}).encoded()
            changed = self._changed
            for event in [event for event in self._events if event.sequence > sent]:
                sent = event.sequence
                yield event.encoded()
            if self._closed:
                return
            if self.sequence > sent and any(event.sequence > sent for event in self._events):
                continue
            try:
                await asyncio.wait_for(changed.wait(), heartbeat)
            except TimeoutError:
                yield ": still here\n\n"

    def _forget_progress(self, job: Any) -> None:
        for event in self._events:
            if event.kind == "progress" and event.data["job"] == job:
                self._events.remove(event)
                return

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
