"""The picture worker: a child process that decodes and converts picture files, one after another.

It is a process of its own because decoders hold large arrays, take seconds, and may be ended by a hostile file.
"""

import contextlib
import signal
import warnings
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from nst_jax.errors import InputError, describe_exception
from nst_jax.studio.child import receive_until_end

TOO_LARGE = "There is not enough memory for this picture; make it smaller first."


def main(connection: Connection) -> None:
    """Answer the requests of the server until it hangs up; runs in the child process.

    A request is {"number", "work", "arguments"}, and its answer {"number", "result", "notes"} or {"number", "error",
    "status"}, with the status 400 for the user's mistakes and 500 for ours.
    """
    # Ctrl-C reaches all processes of a terminal; the server ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def answer(request: Any) -> None:
        with contextlib.suppress(OSError):
            connection.send({"number": request["number"]} | _perform(request))

    receive_until_end(connection, answer)


def _perform(request: Any) -> dict[str, Any]:
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("ignore")
            from nst_jax.images import PictureWarning

            warnings.simplefilter("always", PictureWarning)
            result = WORK[request["work"]](**request["arguments"])
        return {"result": result, "notes": [str(each.message) for each in caught]}
    except InputError as error:
        return {"error": str(error), "status": 400}
    except MemoryError:
        return {"error": TOO_LARGE, "status": 400}
    except OSError as error:
        return {"error": error.strerror or str(error), "status": 507, "number_of_error": error.errno}
    except Exception as error:
        return {"error": describe_exception(error), "status": 500}


def _copy(source: Path, target: Path, max_pixels: int, small: dict[Path, int]) -> tuple[int, int, int]:
    from nst_jax.images.clean_copy import clean_copy

    try:
        copied = clean_copy(source, target, max_pixels=max_pixels, small=small)
        # A plain tuple: to unpickle a type of ours, the server would import numpy.
        return copied.width, copied.height, copied.bits
    except InputError as error:
        # Messages name the file, whose name here tells the user nothing.
        raise InputError(str(error).replace(str(source), "The picture").replace(source.name, "The picture")) from error


def _shrink(source: Path, small: dict[Path, int]) -> tuple[int, int]:
    from nst_jax.images.clean_copy import write_small_jpegs

    return write_small_jpegs(source, small)


def _palette(source: Path, count: int) -> list[str]:
    from nst_jax.images.clean_copy import main_colors

    return main_colors(source, count)


def _convert(source: Path, target: Path) -> None:
    """Write a result in another format, with its provenance."""
    from nst_jax.images import read, read_provenance, save_image

    picture = read(source)
    colors = picture.rgb if picture.alpha is None else picture.solid
    save_image(target, colors, picture.alpha, read_provenance(source), dpi=picture.dpi)


def _regions(mask: Path) -> int:
    """Return the number of regions of a mask."""
    from nst_jax.images import read_mask
    from nst_jax.images.masks import extract_regions

    return len(extract_regions(read_mask(mask)))


def _sheet(target: Path, pictures: dict[str, Path], grades: list[dict[str, Any]]) -> None:
    """Draw the sheet of an experiment: its pictures with their grades."""
    from nst_jax.images import read, save_image
    from nst_jax.images.contact_sheet import Cell, sheet

    def labeled(name: str) -> Cell:
        others = [
            f"{each['grade']:.1f} with {LABELS[each['second'] if each['first'] == name else each['first']]}"
            for each in grades
            if name in (each["first"], each["second"])
        ]
        return Cell(read(pictures[name]).rgb, f"{LABELS[name]}: {', '.join(others)}" if others else LABELS[name])

    rows: list[list[Cell | None]] = [
        [labeled("content"), labeled("style"), None],
        [labeled("drawing"), labeled("fast"), labeled("optimize")],
    ]
    save_image(target, sheet(rows, SHEET_TILE))


LABELS = {
    "content": "the photograph",
    "style": "the painting",
    "drawing": "your picture",
    "fast": "the fast picture",
    "optimize": "the careful picture",
}
SHEET_TILE = 512
WORK: dict[str, Callable[..., Any]] = {
    "copy": _copy,
    "shrink": _shrink,
    "palette": _palette,
    "convert": _convert,
    "regions": _regions,
    "sheet": _sheet,
}
