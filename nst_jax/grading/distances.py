"""How far two pictures are from each other, in four ways; each is symmetric, and 0 for equal pictures."""

import dataclasses

import numpy as np

from nst_jax.grading.appearance import Code, Features, Texture

# Added to the power of content features, so that two blank pages are equal.
LEAST_POWER = 1e-6


@dataclasses.dataclass(frozen=True)
class Distances:
    """The distances of two pictures, each 0 or more.

    Attributes:
        content: what they show: the squared difference of their content features, over the sum of the squares of both.
            1 is what independent pictures have.
        style: how they are painted: the Wasserstein distance of their features, in the unit of their root mean square,
            averaged over the layers; at most 1.
        layout: colors and layout: as `encoder`, but each position of a code is compared with those around it too.
        encoder: the root mean square of the difference of their codes, as in the published experiment; about 1.4 for
            independent pictures.
    """

    content: float
    style: float
    layout: float
    encoder: float


NAMES = tuple(field.name for field in dataclasses.fields(Distances))


def feature_distances(first: Features, second: Features) -> dict[str, float]:
    """Compute the distances `content` and `style`."""
    difference = np.sum((first.content - second.content) ** 2, dtype=np.float64)
    power = np.sum(first.content**2, dtype=np.float64) + np.sum(second.content**2, dtype=np.float64)
    pairs = zip(first.textures, second.textures, strict=True)
    return {
        "content": float(difference / (power + LEAST_POWER)),
        "style": float(np.mean([_texture_distance(*pair) for pair in pairs])),
    }


def code_distances(first: Code, second: Code) -> dict[str, float]:
    """Compute the distances `layout` and `encoder`."""
    return {
        "layout": _layout_distance(first, second),
        "encoder": float(np.sqrt(np.mean((first - second) ** 2))),
    }


def _texture_distance(first: Texture, second: Texture) -> float:
    """Compute the 2-Wasserstein distance of two normal distributions, relative to the root of both powers.

    The trace in the formula of `losses.wasserstein_loss` is the sum of the singular values of the product of the roots,
    which is the same in both orders.
    """
    shared = np.sum(np.linalg.svd(first.root @ second.root, compute_uv=False))
    spread = np.sum(first.root**2) + np.sum(second.root**2) - 2 * shared
    squared = np.sum((first.mean - second.mean) ** 2) + max(spread, 0.0)
    return float(np.sqrt(squared / (first.power + second.power)))


def _layout_distance(first: Code, second: Code) -> float:
    """Compute the root mean square difference of two codes, with the best match in windows of 3x3 positions."""
    both = [np.mean(_least_differences(one, other)) for one, other in ((first, second), (second, first))]
    return float(np.sqrt(np.mean(both)))


def _least_differences(code: Code, other: Code) -> np.ndarray:
    """Return the least mean squared difference of each position of a code from the other's positions around it."""
    height, width = code.shape[:2]
    padded = np.pad(other, ((1, 1), (1, 1), (0, 0)), mode="edge")
    shifts = [padded[row : row + height, column : column + width] for row in range(3) for column in range(3)]
    return np.min([np.mean((code - shifted) ** 2, -1) for shifted in shifts], 0)
