"""Validation of the fast network: pairs of pictures that the training does not see, and the figures that it reports."""

import functools
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nst_jax.errors import InputError
from nst_jax.fast.decoder import Parameters
from nst_jax.images.reading import read
from nst_jax.images.resizing import resize
from nst_jax.training.data import picture_files
from nst_jax.training.fast_objective import Networks, Style, batch_loss, style_of

# Sides of the validation pictures in pixels.
CONTENT_SIDE, STYLE_SIDE = 256, 384
# Every fifth of the sorted pictures of a folder is held out, from the third on.
HELD_OUT = slice(2, None, 5)
# The number of pairs in a group.
PAIRS = 20


def split(folder: Path) -> tuple[list[Path], list[Path]]:
    """Split the pictures of a folder into those to train on and every fifth, which is held out."""
    files = picture_files(folder)
    if len(files) < 10:
        raise InputError(f"There are {len(files)} pictures in {folder}; some hundreds are needed.")
    held_out = files[HELD_OUT]
    return [file for file in files if file not in held_out], held_out


def pixels(file: Path) -> np.ndarray:
    """Read a picture as uint8."""
    return (read(file).rgb * 255 + 0.5).astype(np.uint8)


class Validation:
    """Pairs of a content, a style and another style: of unseen pictures, and with seen paintings.

    Args:
        networks: the frozen network.
        photographs: files of contents that are held out.
        unseen: files of styles that are held out.
        seen: files of styles that the training uses.
    """

    def __init__(self, networks: Networks, photographs: list[Path], unseen: list[Path], seen: list[Path]):
        self._networks = networks
        contents = [_square(pixels(file), CONTENT_SIDE) for file in photographs[:PAIRS]]
        styled = jax.jit(style_of)
        self._groups: dict[str, list[Any]] = {}
        for name, files in (("unseen", unseen[:PAIRS]), ("seen", seen[2::4][:PAIRS])):
            styles = [styled(networks, _square(pixels(file), STYLE_SIDE)) for file in files]
            self._groups[name] = [
                (content, styles[i], styles[(i + 7) % len(styles)]) for i, content in enumerate(contents[: len(styles)])
            ]

    def figures(self, parameters: Parameters) -> dict[str, float]:
        """Compute the median of each term over the pairs of each group, and how well styles are told apart.

        "contrast" is the style term against the own style divided by that against another style.
        """
        figures: dict[str, float] = {}
        for name, pairs in self._groups.items():
            terms = [self._evaluate(parameters, self._networks, *pair) for pair in pairs]
            own = jax.tree.map(lambda *values: float(np.median(values)), *[each[0] for each in terms])
            figures |= {f"{name}_{term}": round(value, 4) for term, value in own._asdict().items()}
            figures[f"{name}_contrast"] = round(float(np.median([each[0].style / each[1].style for each in terms])), 3)
        return figures

    @functools.cached_property
    def _evaluate(self) -> Any:
        def evaluate(parameters: Parameters, networks: Networks, content: Array, style: Style, other: Style) -> Any:
            contents, key = jnp.stack([content] * 2), jax.random.key(0)
            # The second is the stylization by another style, compared with this one.
            styles = jax.tree.map(lambda *each: jnp.stack(each), style, style._replace(code=other.code))
            losses = batch_loss(parameters, networks, contents, styles, key)[1]
            return [jax.tree.map(lambda each, i=i: each[i], losses) for i in range(2)]

        return jax.jit(evaluate)


def _square(picture: np.ndarray, side: int) -> Float[np.ndarray, "side side 3"]:
    """Cut the middle square of a picture and resize it."""
    short = min(picture.shape[:2])
    top, left = ((extent - short) // 2 for extent in picture.shape[:2])
    return resize(picture[top : top + short, left : left + short].astype(np.float32) / 255, side, side)
