"""Measures what is wrong with pictures when they are enlarged: `python scripts/inspect_picture.py PICTURE ...`.

Prints a line of JSON for each: `grid` (grain locked to the network's pooling, at periods of 4, 8 and 16 pixels; 1 is
none), `noise` and `chroma_noise` (mean absolute Laplacian of luminance and of color differences, in units of 1/255),
`speckle` (pixels of 10,000 that stand out of their neighbors in color) and `border` (detail along the borders over
detail beside it; 1 is alike). See `nst_jax/images/defects.py`. The content and the style are worth measuring as well: a
result's noise should lie between theirs.
"""

import dataclasses
import json
from pathlib import Path

import tyro

from nst_jax import images
from nst_jax.errors import InputError, exit_on_input_error
from nst_jax.images.defects import defects

LEAST_SIDE = 64


@dataclasses.dataclass(frozen=True)
class Command:
    """Measure grain, noise, speckle and borders of pictures."""

    pictures: tyro.conf.Positional[tuple[Path, ...]]
    """The pictures, of at least 64 pixels on each side."""

    size: int = 0
    """Bring each to this long side first, as a stylization does with its inputs; 0 leaves them as they are."""


def main(command: Command) -> None:
    """Prints a line for each picture."""
    for path in command.pictures:
        rgb = images.read(path).rgb
        if command.size:
            rgb = images.resize(rgb, *images.fitted_size(rgb.shape, command.size))
        if min(rgb.shape[:2]) < LEAST_SIDE:
            raise InputError(
                f"{path} has less than {LEAST_SIDE} pixels on a side, too few to measure; give a larger one."
            )
        found = dataclasses.asdict(defects(rgb))
        rounded = {
            name: {period: round(each, 2) for period, each in value.items()} if name == "grid" else round(value, 2)
            for name, value in found.items()
        }
        print(json.dumps({"picture": str(path), **rounded}), flush=True)


if __name__ == "__main__":
    with exit_on_input_error():
        main(tyro.cli(Command))
