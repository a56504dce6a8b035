"""Training images that the present student stylizes, so that it learns to reject its own artifacts.

Pixels that are optimized against a small network drift away from natural images: speckle, rows of dots, and textures
locked to the pooling grid get a low loss with the student, but not with its teachers. Trained on such images together
with the teachers' activations for them, the student learns to give them a high loss too.
"""

from collections.abc import Iterator
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from nst_jax.networks.vgg import VGG
from nst_jax.objective.objective import Objective, Targets, evaluate
from nst_jax.objective.targets import make_targets
from nst_jax.recipes.recipe import Recipe
from nst_jax.training.data import Crops

# The images are stylized with the loss of the default recipe of the time when the embedded network was trained, but
# without Huber's loss, which a few dozen steps do not need.
RECIPE = Recipe(
    content_weight=2.0,
    content_layers=("relu4_2",),
    tv_color=10.0,
    style_layers=("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"),
    style_statistic="gram",
    style_huber=0.0,
)
# Range of the random factors on the style weight; their logarithm is uniformly distributed.
STYLE_FACTORS = (0.3, 10.0)
# Adam's learning rate for pixels in [0, 1], its steps between two batches, and the number of steps after which an image
# is replaced by a new one.
LEARNING_RATE, STEPS, LIFETIME = 0.02, 3, 60
# Pixels by which the images are larger than the crops taken from them. The crops start at random offsets below this, so
# that the student sees the artifacts at every phase of its pooling grid.
MARGIN = 8

_SOLVER = optax.adam(LEARNING_RATE, b2=0.99)


class _Run(NamedTuple):
    """The stylizations in progress; the first axis of each array runs over the n images.

    Attributes:
        contents: the content images.
        styles: the style images.
        factors: factors on the style weight, (n,).
        pictures: the images that are optimized.
        moments: Adam's state.
        ages: the number of steps done for each image, (n,).
    """

    contents: Crops
    styles: Crops
    factors: Float[np.ndarray, " n"]
    pictures: Crops | jax.Array
    moments: optax.OptState
    ages: np.ndarray


class StylizedCrops:
    """A stream of crops of images at all stages of a stylization.

    Args:
        source: batches of images, (2 n, side + MARGIN, side + MARGIN, 3) in [0, 1] for crops in batches of n: the first
            half are used as contents, the second half as styles.
        side: side of a crop in pixels.
        generator: source of the random choices.
    """

    def __init__(self, source: Iterator[Crops], side: int, generator: np.random.Generator):
        self._source, self._side, self._generator = source, side, generator
        self._run = self._start_run()
        # The ages are spread evenly, so that the images are not all replaced at the same step.
        count = len(self._run.ages)
        self._run = self._run._replace(ages=np.arange(count) * LIFETIME // count)

    def next(self, network: VGG) -> Crops:
        """Stylize the images by STEPS more steps and return crops of them.

        Args:
            network: the student as trained so far.

        Returns:
            (n, side, side, 3) float32 in [0, 1].
        """
        run = self._replace_finished(self._run)
        targets = _targets(network, run.contents, run.styles, run.factors)
        pictures, moments = jnp.asarray(run.pictures), run.moments
        for _ in range(STEPS):
            pictures, moments = _step(pictures, moments, network, targets)
        self._run = run._replace(pictures=pictures, moments=moments, ages=run.ages + STEPS)
        corners = self._generator.integers(MARGIN, size=(len(pictures), 2))
        images = np.asarray(pictures)
        return np.stack(
            [
                picture[top : top + self._side, left : left + self._side]
                for picture, (top, left) in zip(images, corners, strict=True)
            ]
        )

    def _start_run(self) -> _Run:
        """Take new contents and styles from the source; each image is initialized with its content."""
        batch = next(self._source)
        half = len(batch) // 2
        contents, styles = batch[:half], batch[half : 2 * half]
        low, high = np.log(STYLE_FACTORS)
        factors = np.exp(self._generator.uniform(low, high, half)).astype(np.float32)
        moments = jax.vmap(_SOLVER.init)(jnp.asarray(contents))
        return _Run(contents, styles, factors, contents, moments, np.zeros(half, int))

    def _replace_finished(self, run: _Run) -> _Run:
        """Replace each image that has had LIFETIME steps by a new one."""
        finished = run.ages >= LIFETIME
        if not finished.any():
            return run

        def select(new: Array | np.ndarray, present: Array | np.ndarray) -> np.ndarray:
            return np.where(finished.reshape(-1, *[1] * (np.ndim(new) - 1)), new, present)

        return jax.tree.map(select, self._start_run(), run)


@jax.jit
def _targets(network: VGG, contents: Array, styles: Array, factors: Array) -> Targets:
    def targets_of_one(content: Array, style: Array, factor: Array) -> Targets:
        targets = make_targets(network, content, style, RECIPE)
        weights = jax.tree.map(lambda weight: weight * factor, targets.coefficients.style)
        return targets._replace(coefficients=targets.coefficients._replace(style=weights))

    return jax.vmap(targets_of_one)(contents, styles, factors)


@jax.jit
def _step(pictures: Array, moments: optax.OptState, network: VGG, targets: Targets) -> tuple[Array, optax.OptState]:
    def step_one(picture: Array, moments: optax.OptState, targets: Targets) -> tuple[Array, optax.OptState]:
        gradient = jax.grad(evaluate, has_aux=True)(picture, network, targets, Objective.of(RECIPE))[0]
        update, moments = _SOLVER.update(gradient, moments)
        return jnp.clip(picture + update, 0, 1), moments

    return jax.vmap(step_one)(pictures, moments, targets)
