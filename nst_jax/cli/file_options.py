"""The groups of options that belong to the command line and not to a recipe: files, and masks of regions."""

import dataclasses
from pathlib import Path
from typing import Annotated, Literal

import tyro

from nst_jax.errors import InputError
from nst_jax.recipes.types import MAX_DPI

REPORT_SUFFIXES = (".html", ".png")


@dataclasses.dataclass(frozen=True, kw_only=True)
class RegionSettings:
    """Masks: which parts of the photograph are stylized, and from which parts of the style picture."""

    content_mask: Annotated[str, tyro.conf.arg(metavar="PATH")] = ""
    """Mask for the photograph, with the same aspect ratio: white is stylized, black keeps the photograph.
    Up to 8 flat colors or grays besides black are one region each, if they cover 0.2 % of the mask or more.
    Pixels of other colors, as at smooth edges or from JPEG compression, join the nearest flat color.
    A mask of grays with more shades is one soft mask, in which gray is stylized partly.
    Save several gray regions as PNG, because JPEG adds shades, which would make them one soft mask.
    Only for one photograph, not for a folder."""

    style_mask: Annotated[tuple[str, ...], tyro.conf.arg(metavar="PATH")] = ()
    """Masks for the style pictures: one path for each, in the same order, with the aspect ratio of its picture.
    The style is taken only from the parts that are not black.
    With one style or a mixture, each region of --content-mask takes its style from the same color here.
    (If both masks have one region, their colors may differ.)
    With a style for each region (see --style), that region takes its style from all parts that are not black."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class FileSettings:
    """File formats, and what is written besides the result."""

    bit_depth: Literal[8, 16] = 8
    """Bits per color channel: 8, or 16 for further editing (.png and .tif only; larger files)."""

    dpi: int = 0
    """Print resolution to note in the file, in dots per inch, 1 to 10000; the pixels stay the same.
    0 copies the resolution of the photograph, if its file has one."""

    save_every: int = 0
    """Also save the unfinished result after each multiple of this number of steps, counted over all sizes.
    Files are named like the result with the step added, such as NAME-00050.png, and enlarged to its size.
    0 saves only the result. Works for one result (see --output); an error for several."""

    report: Annotated[str, tyro.conf.arg(metavar="PATH")] = ""
    """Also write a report to this file (.html or .png): inputs, result, loss curves and settings.
    It shows small pictures of five stages of the run, whatever --save-every is.
    Works for one result (see --output); an error for several."""

    checkpoint: Annotated[str, tyro.conf.arg(metavar="PATH")] = ""
    """Save the state of the run in this file from time to time, and delete it when the run is complete.
    If the run is interrupted, the same command resumes from the file.
    With other pictures, masks, network or settings, a file from an earlier run is an error; delete it to begin anew.
    Works for one result (see --output); an error for several."""

    checkpoint_every: float = 30.0
    """Seconds between two writes of the --checkpoint file, 0 or more; 0 writes about twice a second.
    A lower number loses less work when the run is interrupted, but spends more time on writing."""

    format: Literal["png", "jpg", "webp", "tif"] = "png"
    """File format of results whose file --output does not name; otherwise the suffix of --output decides."""


def check_file_settings(files: FileSettings) -> None:
    """Check the values of the options for files.

    Raises:
        InputError: for the first value that is out of its range.
    """
    if files.save_every < 0:
        raise InputError(f"--save-every takes a number of steps, or 0 for none, not {files.save_every}.")
    if files.report and Path(files.report).suffix.lower() not in REPORT_SUFFIXES:
        raise InputError("A report is a page to look at; give --report a name that ends in .html or .png.")
    if not 0 <= files.dpi <= MAX_DPI:
        raise InputError(f"--dpi takes dots per inch up to {MAX_DPI}, such as 300, or 0, not {files.dpi}.")
    if not files.checkpoint_every >= 0:
        raise InputError(f"--checkpoint-every takes a number of seconds, not {files.checkpoint_every}; 30 is usual.")
