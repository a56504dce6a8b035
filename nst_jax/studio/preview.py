"""Previews of an unfinished picture, made in a thread of their own so that the steps do not wait."""

import io
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nst_jax.files import atomic_write
from nst_jax.studio.painter_messages import Message
from nst_jax.studio.picture_files import RESULT_VIEW_SIDE, THUMBNAIL_SIDE, VIEW_SIDE

_log = logging.getLogger(__name__)
QUALITY = 90


class Previews:
    """A context manager with a thread that encodes the latest progress; one that is overtaken is dropped.

    Args:
        job: the identifier of the job.
        send: sends a message to the server.
    """

    def __init__(self, job: str, send: Callable[[Message], None]):
        self._job, self._send = job, send
        self._condition = threading.Condition()
        self._waiting: Any = None
        self._ended = False
        self._thread = threading.Thread(target=self._encode_all, daemon=True)

    def offer(self, progress: Any) -> None:
        """Show this progress next, instead of any other that waits."""
        with self._condition:
            self._waiting = progress
            self._condition.notify()

    def __enter__(self) -> "Previews":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._condition:
            self._ended = True
            self._condition.notify()
        self._thread.join()

    def _encode_all(self) -> None:
        while True:
            with self._condition:
                self._condition.wait_for(lambda: self._ended or self._waiting is not None)
                if self._ended:
                    return
                progress, self._waiting = self._waiting, None
            try:
                image = progress.image()
                message = {"type": "preview", "job": self._job, "width": image.width, "height": image.height}
                self._send(message | {"jpeg": jpeg(image, VIEW_SIDE)})
            except Exception:
                # The picture is worth more than its preview.
                _log.exception("A preview could not be made")


def jpeg(image: Any, side: int) -> bytes:
    """Return a Pillow image as a JPEG file, on white and shrunk to `side` pixels at most."""
    small = _on_white(image) if image.mode == "RGBA" else image.copy()
    small.thumbnail((side, side))
    buffer = io.BytesIO()
    small.convert("RGB").save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


def _on_white(image: Any) -> Any:
    white = image.copy()
    white.paste((255, 255, 255, 255), (0, 0, *image.size))
    white.alpha_composite(image)
    return white


def write_views(result: Any, path: Path) -> None:
    """Write the small JPEG files of a result.

    Args:
        result: the `nst_jax.Result`.
        path: the path of the result without its suffix.
    """
    image = result.image()
    for name, side in (("view", RESULT_VIEW_SIDE), ("thumbnail", THUMBNAIL_SIDE)):
        with atomic_write(path.with_suffix(f".{name}.jpg")) as temporary:
            temporary.write_bytes(jpeg(image, side))
