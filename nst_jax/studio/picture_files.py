"""The server's side of the picture worker: requests that are answered while other requests go on."""

import asyncio
import itertools
import logging
from pathlib import Path
from typing import Any, NamedTuple

from nst_jax.studio.child import Child
from nst_jax.studio.failures import DISK_FULL, RequestError
from nst_jax.studio.picture_worker import main

_log = logging.getLogger(__name__)

# A picture of 100 million pixels takes about half of this on two cores.
TIMEOUT_SECONDS = 120.0
VIEW_SIDE, THUMBNAIL_SIDE, RESULT_VIEW_SIDE = 1024, 256, 2048


class Answer(NamedTuple):
    """What the worker returns, and sentences about what it could not use of a file."""

    result: Any
    notes: list[str]


class PictureFiles:
    """The picture worker, started when it is first needed and again whenever it has ended."""

    def __init__(self) -> None:
        self._child: Child | None = None
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}

    def start(self) -> None:
        """Start the worker if it does not run; to be called within the event loop."""
        if self._child is not None:
            return
        loop = asyncio.get_running_loop()

        def post(message: Any) -> None:
            loop.call_soon_threadsafe(self._answered, message)

        def ended(code: int | None) -> None:
            loop.call_soon_threadsafe(self._ended, child, code)

        child = Child(main, (), post, ended)
        self._child = child

    def close(self) -> None:
        """End the worker."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    async def ask(self, work: str, **arguments: Any) -> Answer:
        """Let the worker do something.

        Args:
            work: a key of `picture_worker.WORK`.
            **arguments: the arguments of that function.

        Raises:
            RequestError: when it fails, takes too long, or ends the worker.
        """
        self.start()
        assert self._child is not None
        number = next(self._numbers)
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            self._child.send({"number": number, "work": work, "arguments": arguments})
            answer = await asyncio.wait_for(future, TIMEOUT_SECONDS)
        except TimeoutError:
            # Whatever else waits is answered by the end of the process.
            if self._child is not None:
                self._child.kill()
            raise RequestError(400, "The picture takes too long to be decoded; save it in another format.") from None
        finally:
            self._waiting.pop(number, None)
        if "error" in answer:
            if answer["status"] >= 500:
                _log.error("The picture worker failed at %s: %s", work, answer["error"])
            message = DISK_FULL if answer.get("number_of_error") == 28 else answer["error"]
            raise RequestError(answer["status"], message)
        return Answer(answer["result"], answer["notes"])

    async def small(self, source: Path, target: Path, side: int) -> Path:
        """Return a JPEG file of a picture of at most `side` pixels, made at the first call."""
        if not target.exists():
            await self.ask("shrink", source=source, small={target: side})
        return target

    def _answered(self, message: dict[str, Any]) -> None:
        future = self._waiting.get(message["number"])
        if future is not None and not future.done():
            future.set_result(message)

    def _ended(self, child: Child, code: int | None) -> None:
        if self._child is not child:
            return
        self._child = None
        _log.error("The picture worker ended with code %s", code)
        error = {"error": "This picture cannot be decoded here; save it in another format or smaller.", "status": 400}
        for future in self._waiting.values():
            if not future.done():
                future.set_result(error)
