"""The pictures of a studio: samples that come with the program, uploads, drawings and masks."""

import re
import time
import unicodedata
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from nst_jax.files import atomic_write, bundled_dir
from nst_jax.studio.events import Events
from nst_jax.studio.failures import RequestError, full_disk_as_request_error
from nst_jax.studio.folder import DataFolder
from nst_jax.studio.identifiers import is_id, new_id, sample_id
from nst_jax.studio.picture_files import THUMBNAIL_SIDE, VIEW_SIDE, PictureFiles
from nst_jax.studio.picture_kinds import HEAD_BYTES, SENTENCE, is_picture
from nst_jax.studio.store import Record, Store

# Samples by file name, with what each is for, and its size in pixels.
SAMPLES = {
    "chelsea.png": ("content", 451, 300),
    "astronaut.png": ("content", 512, 512),
    "rocket.jpg": ("content", 640, 427),
    "night-swirls.jpg": ("style", 768, 600),
    "poppy-field.jpg": ("style", 768, 600),
    "harbor-print.jpg": ("style", 768, 600),
}
KINDS = ("upload", "drawing", "mask")
PALETTE_COLORS = 12
MAX_NAME = 120
ALMOST_FULL = "The disk is almost full; delete pictures that you do not need, then try again."
_PUBLIC = ("id", "name", "kind", "role", "width", "height", "added", "notes")


class Pictures:
    """The pictures of a studio.

    Args:
        folder: the files.
        store: the records.
        files: the picture worker.
        events: told about new pictures.
    """

    def __init__(self, folder: DataFolder, store: Store, files: PictureFiles, events: Events):
        self._folder, self._store, self._files, self._events = folder, store, files, events
        self._samples = {record["id"]: record for record in map(_sample, SAMPLES)}

    def get(self, name: object, what: str = "picture") -> Record:
        """Return the record of a picture.

        Args:
            name: its identifier, from a request.
            what: how the message calls it.

        Raises:
            RequestError: when there is none, with the status 404.
        """
        record = None
        if isinstance(name, str) and is_id(name):
            record = self._samples.get(name) or self._store.get("pictures", name)
        if record is None:
            raise RequestError(404, f"There is no such {what} any more; choose another one.")
        return record

    def all(self, kind: str | None = None) -> list[Record]:
        """Return all pictures, or those of a kind: samples first, then the newest first."""
        samples = [*self._samples.values()] if kind in (None, "sample") else []
        return [*samples, *self._store.all("pictures", (kind,) if kind else (), newest_first=True)]

    def samples(self, role: str) -> list[Record]:
        """Return the samples that are contents or styles."""
        return [record for record in self._samples.values() if record["role"] == role]

    def path(self, record: Record) -> Path:
        """Return the file of a picture."""
        if record["kind"] == "sample":
            return bundled_dir("examples") / record["name"]
        return self._folder.picture(record["id"])

    async def small(self, record: Record, which: str) -> Path:
        """Return the JPEG file of a picture for "view" or "thumbnail"."""
        folder = self._folder.samples if record["kind"] == "sample" else self._folder.pictures
        side = VIEW_SIDE if which == "view" else THUMBNAIL_SIDE
        return await self._files.small(self.path(record), folder / f"{record['id']}.{which}.jpg", side)

    async def palette(self, record: Record) -> list[str]:
        """Return the main colors of a picture as "#rrggbb", from dark to light."""
        if "palette" not in record:
            answer = await self._files.ask("palette", source=self.path(record), count=PALETTE_COLORS)
            record["palette"] = answer.result
            if record["kind"] != "sample":
                self._store.save("pictures", record)
        return list(record["palette"])

    async def add(self, body: AsyncIterator[bytes], name: str, kind: str, max_pixels: int) -> Record:
        """Take a picture in.

        Args:
            body: the bytes of its file, as they arrive.
            name: the file's name at the user's; it is shown, and never becomes part of a path here.
            kind: one of KINDS.
            max_pixels: a larger picture is refused before it is decoded.

        Raises:
            RequestError: when it is no picture, or damaged or too large, or the disk is full.
        """
        if kind not in KINDS:
            raise RequestError(400, f"The kind of a picture must be one of {', '.join(KINDS)}, not {kind!r}.")
        if self._folder.is_almost_full():
            raise RequestError(507, ALMOST_FULL)
        number = new_id()
        source, target = self._folder.temporary / number, self._folder.picture(number)
        small = {
            self._folder.pictures / f"{number}.{which}.jpg": side
            for which, side in (("view", VIEW_SIDE), ("thumbnail", THUMBNAIL_SIDE))
        }
        try:
            with full_disk_as_request_error():
                await _receive(body, source)
            answer = await self._files.ask("copy", source=source, target=target, max_pixels=max_pixels, small=small)
            width, height, bits = answer.result
            record = {
                "id": number, "name": plain_name(name, kind), "kind": kind, "role": None, "width": width,
                "height": height, "added": time.time(), "notes": answer.notes, "bits": bits,
            }  # fmt: skip
            with full_disk_as_request_error():
                self._store.add("pictures", record)
        except BaseException:
            self._folder.remove_picture(number)
            raise
        finally:
            source.unlink(missing_ok=True)
        self._events.publish("picture", public_picture(record))
        return record

    def delete(self, record: Record) -> None:
        """Delete a picture of the user's.

        Raises:
            RequestError: for a sample.
        """
        if record["kind"] == "sample":
            raise RequestError(409, "This picture comes with the program and cannot be deleted.")
        self._store.delete("pictures", record["id"])
        self._folder.remove_picture(record["id"])
        self._events.publish("picture", public_picture(record) | {"deleted": True})


def public_picture(record: Record) -> Record:
    """Return what pages are told about a picture."""
    return {name: record[name] for name in _PUBLIC}


def plain_name(name: str, kind: str) -> str:
    """Return a file name as it is shown: without folders, control characters and excessive length."""
    last = re.split(r"[/\\]", name)[-1]
    visible = "".join(each for each in last if unicodedata.category(each)[0] != "C").strip()
    if len(visible) > MAX_NAME:
        stem, dot, suffix = visible.rpartition(".")
        visible = f"{stem[: MAX_NAME - 10]}{dot}{suffix}"[:MAX_NAME] if dot else visible[:MAX_NAME]
    return visible if visible.strip(". ") else f"{kind}.png"


async def _receive(body: AsyncIterator[bytes], target: Path) -> None:
    """Write a body to a file as it arrives; refuse at its first bytes what is no picture."""
    head = b""
    with atomic_write(target) as temporary, temporary.open("wb") as file:
        async for chunk in body:
            if len(head) < HEAD_BYTES:
                head = (head + chunk)[:HEAD_BYTES]
                if len(head) == HEAD_BYTES and not is_picture(head):
                    raise RequestError(400, SENTENCE)
            file.write(chunk)
    if not head:
        raise RequestError(400, "The file is empty; give a JPEG, PNG, WebP or TIFF file.")
    if not is_picture(head):
        raise RequestError(400, SENTENCE)


def _sample(name: str) -> dict[str, Any]:
    role, width, height = SAMPLES[name]
    return {
        "id": sample_id(name.partition(".")[0]), "name": name, "kind": "sample", "role": role, "width": width,
        "height": height, "added": 0.0, "notes": [],
    }  # fmt: skip
