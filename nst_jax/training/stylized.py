"""Training pictures that the student itself stylizes, so that it learns where it is wrong about them.

Pixels optimized against a small network drift to pictures that no photograph or painting resembles: speckle, rows of
dots, a weave locked to the pooling grid. The network likes them and its teachers do not. Shown these pictures together
with its teachers' activations of them, the student learns to dislike them too.
"""

from collections.abc import Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from nst_jax.networks.vgg import VGG19
from nst_jax.objective.objective import Objective, Targets, evaluate
from nst_jax.objective.targets import make_targets
from nst_jax.recipes.recipe import Recipe
from nst_jax.training.data import Crops

# The loss that pictures are stylized by: the default's, without Huber's loss, which a few dozen steps do not need.
RECIPE = Recipe(style_huber=0.0)
# Factors on the style weight, drawn from this range on a logarithmic scale.
STYLE_FACTORS = (0.3, 10.0)
# Adam's learning rate on pixels in [0, 1], its steps between two batches, and the steps after which a picture is
# replaced by a new one.
LEARNING_RATE, STEPS, LIFETIME = 0.02, 3, 60
# Pictures are larger than the crops taken of them by so many pixels, so that crops begin at every phase of the pooling.
MARGIN = 8

_SOLVER = optax.adam(LEARNING_RATE, b2=0.99)


class _Run(NamedTuple):
    """Pictures being stylized, each array with the pictures in front, and the steps that each has behind it."""

    contents: Crops
    styles: Crops
    factors: Float[np.ndarray, " n"]
    pictures: Crops | jax.Array
    moments: optax.OptState
    ages: np.ndarray


class StylizedCrops:
    """A stream of crops of pictures at all stages between the content and the end of a stylization.

    Args:
        source: batches of pictures, (n, side + MARGIN, side + MARGIN, 3) in [0, 1], n being twice a batch's size or
            more: the first half become contents, the second half styles.
        side: of a crop in pixels.
        generator: of the random choices.
    """

    def __init__(self, source: Iterator[Crops], side: int, generator: np.random.Generator):
        self._source, self._side, self._generator = source, side, generator
        self._run = self._started()
        # Pictures of all ages from the first batch on.
        count = len(self._run.ages)
        self._run = self._run._replace(ages=np.arange(count) * LIFETIME // count)

    def next(self, network: VGG19) -> Crops:
        """The next batch, (n, side, side, 3) float32 in [0, 1], after STEPS more steps by the network as it is now."""
        run = self._renewed(self._run)
        targets = _targets(network, run.contents, run.styles, run.factors)
        pictures, moments = jnp.asarray(run.pictures), run.moments
        for _ in range(STEPS):
            pictures, moments = _step(pictures, moments, network, targets)
        self._run = run._replace(pictures=pictures, moments=moments, ages=run.ages + STEPS)
        corners = self._generator.integers(MARGIN, size=(len(pictures), 2))
        shown = np.asarray(pictures)
        return np.stack(
            [
                picture[top : top + self._side, left : left + self._side]
                for picture, (top, left) in zip(shown, corners, strict=True)
            ]
        )

    def _started(self) -> _Run:
        """New contents and styles; each picture begins as its content."""
        batch = next(self._source)
        half = len(batch) // 2
        contents, styles = batch[:half], batch[half : 2 * half]
        low, high = np.log(STYLE_FACTORS)
        factors = np.exp(self._generator.uniform(low, high, half)).astype(np.float32)
        moments = jax.vmap(_SOLVER.init)(jnp.asarray(contents))
        return _Run(contents, styles, factors, contents, moments, np.zeros(half, int))

    def _renewed(self, run: _Run) -> _Run:
        """The run with each picture that has reached its end replaced by a new one."""
        old = run.ages >= LIFETIME
        if not old.any():
            return run

        def chosen(new: Array | np.ndarray, kept: Array | np.ndarray) -> np.ndarray:
            return np.where(old.reshape(-1, *[1] * (np.ndim(new) - 1)), new, kept)

        return jax.tree.map(chosen, self._started(), run)


@jax.jit
def _targets(network: VGG19, contents: Array, styles: Array, factors: Array) -> Targets:
    def one(content: Array, style: Array, factor: Array) -> Targets:
        targets = make_targets(network, content, style, RECIPE)
        weights = jax.tree.map(lambda weight: weight * factor, targets.coefficients.style)
        return targets._replace(coefficients=targets.coefficients._replace(style=weights))

    return jax.vmap(one)(contents, styles, factors)


@jax.jit
def _step(pictures: Array, moments: optax.OptState, network: VGG19, targets: Targets) -> tuple[Array, optax.OptState]:
    def one(picture: Array, moments: optax.OptState, targets: Targets) -> tuple[Array, optax.OptState]:
        gradient = jax.grad(evaluate, has_aux=True)(picture, network, targets, Objective.of(RECIPE))[0]
        update, moments = _SOLVER.update(gradient, moments)
        return jnp.clip(picture + update, 0, 1), moments

    return jax.vmap(one)(pictures, moments, targets)
