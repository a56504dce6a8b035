"""Measure defects of pictures that show when they are enlarged: `python scripts/inspect_picture.py PICTURE ...`.

It prints a line of JSON for each picture:

- `grid`: strength of grain locked to the network's pooling grid, at periods of 4, 8 and 16 pixels; 1 means none.
- `noise` and `chroma_noise`: mean absolute Laplacian of the luminance and of the color differences, in units of 1/255.
- `speckle`: pixels per 10,000 whose color stands out from their neighbors.
- `border`: detail along the borders divided by the detail just inside; 1 means equal.

`nst_jax/images/defects.py` defines them. It is useful to measure the content and the style as well: the noise of a
result should lie between theirs.
"""

import dataclasses
import json
import sys
from pathlib import Path

import tyro

from nst_jax import images
from nst_jax.cli.program import run_script
from nst_jax.errors import InputError
from nst_jax.images.defects import defects

LEAST_SIDE = 64


@dataclasses.dataclass(frozen=True)
class Command:
    """Measure grain, noise, speckle and border artifacts of pictures; print a line of JSON for each."""

    pictures: tyro.conf.Positional[tuple[Path, ...]]
    """The pictures to measure, at least 64 pixels on each side."""

    size: int = 0
    """Resize each picture to this long side in pixels first, as a stylization does with its inputs; 0 does not resize.
    Use it to compare a photograph or painting with results of that size."""


def main(command: Command) -> None:
    """Print a line of JSON for each picture."""
    for path in command.pictures:
        rgb = images.read(path).rgb
        if command.size:
            rgb = images.resize(rgb, *images.fitted_size(rgb.shape, command.size))
        if min(rgb.shape[:2]) < LEAST_SIDE:
            raise InputError(
                f"{path} has less than {LEAST_SIDE} pixels on a side, too few to measure; give a larger one."
            )
        measures = dataclasses.asdict(defects(rgb))
        rounded = {
            name: {period: round(each, 2) for period, each in value.items()} if name == "grid" else round(value, 2)
            for name, value in measures.items()
        }
        print(json.dumps({"picture": str(path), **rounded}), flush=True)


if __name__ == "__main__":
    sys.exit(run_script(lambda: main(tyro.cli(Command)), configure=False))
