"""What a run returns: progress reports while it goes on, and the result at its end."""

import dataclasses
import functools
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from PIL import Image

from nst_jax.engine.preprocess import computed_scales
from nst_jax.engine.provenance import RunInputs, provenance
from nst_jax.errors import InputError
from nst_jax.images.picture import RGB, Alpha
from nst_jax.images.writing import encode, save, to_pillow
from nst_jax.optimizers.base import CONVERGED, DIVERGED, RUNNING, STALLED
from nst_jax.recipes.recipe import Recipe

ENDINGS = {
    RUNNING: "all steps done",
    CONVERGED: "converged: the gradient is zero",
    STALLED: "stalled: no step lowers the loss any more",
    DIVERGED: "diverged: the loss is not finite",
}


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Losses:
    """The weighted terms of the loss at the accepted image after each step, float32 arrays of shape (steps,)."""

    content: Float[np.ndarray, " steps"]
    style: Float[np.ndarray, " steps"]
    total_variation: Float[np.ndarray, " steps"]

    @property
    def total(self) -> Float[np.ndarray, " steps"]:
        """The sum of the terms. In phases with Huber's loss of the style layers, less than this is minimized."""
        return self.content + self.style + self.total_variation

    def __repr__(self) -> str:
        """Show the last values alone, of what may be thousands."""
        names = [field.name for field in dataclasses.fields(self)]
        last = {name: getattr(self, name)[-1:].tolist() for name in names}
        shown = ", ".join(f"{name}={value[0]:.4g}" for name, value in last.items() if value)
        return f"Losses({len(self.content)} steps, last {shown or 'none'})"


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Result:
    """A stylized image and how it was computed; notebooks show the image. Results are equal only to themselves.

    Attributes:
        picture: (height, width, 3) float32, sRGB in [0, 1].
        alpha: the content's transparency at the image's size, (height, width) in [0, 1], or None.
        dpi: the content's dots per inch, if its file says so.
        losses: the loss terms, one value of each for each step done.
        seconds: wall time since the start of the first step, compilation included.
        steps: the number of steps done, over all scales.
        total_steps: the number of steps planned, if no scale ends early.
        recipe: the settings of the run.
        ending: why the run ended; None if this is an image of an unfinished run.
        inputs: names and hashes of the network and the images.
    """

    picture: RGB
    alpha: Alpha | None
    dpi: float | None
    losses: Losses
    seconds: float
    steps: int
    total_steps: int
    recipe: Recipe
    ending: str | None
    inputs: RunInputs

    @property
    def diverged(self) -> bool:
        """Whether a loss that is not finite ended the run; the image is the last one before it."""
        return self.ending == ENDINGS[DIVERGED]

    @property
    def exploded(self) -> bool:
        """Whether the loss at the last scale ended higher than it began, as is possible without a line search."""
        sizes = computed_scales(self.picture.shape, self.recipe)
        last = self.losses.total[-self.recipe.steps_at(sizes)[-1] :]
        return self.recipe.optimizer != "lbfgs" and bool(last.size and last[-1] > last[0])

    @functools.cached_property
    def provenance(self) -> dict[str, Any]:
        """Settings, network, inputs, versions and device as plain data; see `provenance.provenance`."""
        return provenance(self.recipe, self.inputs)

    def image(self) -> Image.Image:
        """Return the image as an 8-bit Pillow image, RGB, or RGBA where it has transparency."""
        return to_pillow(self.picture, self.alpha)

    def __repr__(self) -> str:
        """Describe size, steps, ending and losses in a line."""
        height, width = self.picture.shape[:2]
        ending = "unfinished" if self.ending is None else self.ending
        return f"Result({width}x{height} pixels, {self.steps} of {self.total_steps} steps, {ending}, {self.losses!r})"

    def _repr_png_(self) -> bytes:
        """Return a PNG file, by which notebooks show the image."""
        buffer = io.BytesIO()
        self.image().save(buffer, "PNG")
        return buffer.getvalue()

    def save(self, path: str | os.PathLike[str], *, bit_depth: int = 8, dpi: float | None = None) -> None:
        """Write the image with its provenance; see `images.writing.save`.

        Args:
            path: the file; its suffix chooses the format.
            bit_depth: 8 or 16.
            dpi: dots per inch to note in the file; None or 0 notes the content's.

        Raises:
            InputError: when the file cannot be written, or its suffix belongs to no format.
        """
        if not isinstance(path, str | os.PathLike):
            raise InputError(
                f"A result is saved under a path, not in a {type(path).__name__}; result.image() is a Pillow image, "
                "which can be saved elsewhere."
            )
        save(Path(path), self.picture, self.alpha, self._facts, bit_depth=bit_depth, dpi=dpi or self.dpi)

    def encode(self, suffix: str, *, bit_depth: int = 8, dpi: float | None = None) -> bytes:
        """Return the bytes of the file that `save` writes to a path with the given suffix, such as ".png"."""
        name = Path(f"picture{suffix}")
        return encode(name, self.picture, self.alpha, self._facts, bit_depth=bit_depth, dpi=dpi or self.dpi)

    @property
    def _facts(self) -> dict[str, Any]:
        return self.provenance | {"steps_done": self.steps, "ending": self.ending}


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Progress:
    """The progress of a run; the image so far is computed only when `partial_result` is read.

    Attributes:
        step: steps done so far, over all scales.
        total_steps: the number of steps planned, if no scale ends early.
        scale: the number of the present scale, from 1 for the coarsest.
        scales: the number of scales.
        fraction: the part of the work that is done, from 0 to 1, by the pixels that the network sees.
        losses: the weighted terms at the accepted image after the latest step: "content", "style", "total_variation".
        seconds: wall time since the start of the first step, compilation included.
        ending: why the run ended; None while it goes on.
        make_result: computes `partial_result`.
    """

    step: int
    total_steps: int
    scale: int
    scales: int
    fraction: float
    losses: dict[str, float]
    seconds: float
    ending: str | None
    make_result: Callable[[], Result] = dataclasses.field(repr=False)

    @functools.cached_property
    def partial_result(self) -> Result:
        """The image after the steps done so far, as the result of a run that was stopped after them.

        If the steps were done at a coarser scale, the image is enlarged to the final size.
        """
        return self.make_result()

    @property
    def result(self) -> Result | None:
        """The result, once the run has ended; None before."""
        return None if self.ending is None else self.partial_result

    @property
    def diverged(self) -> bool:
        """Whether a loss that is not finite ended the run, as of `Result`; the image is not computed for it."""
        return self.ending == ENDINGS[DIVERGED]

    @property
    def total_loss(self) -> float:
        """The sum of the losses after the latest step."""
        return sum(self.losses.values())

    def image(self) -> Image.Image:
        """Return the image so far as an 8-bit Pillow image of the final size."""
        return self.partial_result.image()

    def _repr_png_(self) -> bytes:
        """Return a PNG file, by which notebooks show the image so far."""
        return self.partial_result._repr_png_()
