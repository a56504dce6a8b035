"""The training of the fast network: steps, schedule and checkpoints."""

import collections
import dataclasses
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from nst_jax.errors import InputError
from nst_jax.fast.decoder import ENTRANCES, Parameters, random_parameters
from nst_jax.fast.style_code import code_vector
from nst_jax.networks.vgg import VGG
from nst_jax.networks.weights import NetworkWeights
from nst_jax.training import checkpoints
from nst_jax.training.distillation import solver
from nst_jax.training.fast_batches import Batch, draw, made_ahead
from nst_jax.training.fast_objective import Networks, Style, batch_loss, mixed, style_of
from nst_jax.training.fast_styles import style_picture
from nst_jax.training.fast_validation import Validation, pixels, split
from nst_jax.training.style_pool import StylePool

# Steps in which the learning rate rises linearly, and the rate of the exponential moving average of the parameters.
WARM_UP, AVERAGE = 200, 0.998
# Style pictures made before the first step, and the number of the latest that are kept, of more than 3 MB each.
FIRST_STYLES, KEPT_STYLES = 300, 1000
REPORT_MINUTES = 5.0
# The number of batches in a row without a finite gradient after which the training gives up.
MOST_SKIPPED = 20
# The number of steps that the device may be behind, so that it never waits.
LAG = 4
# Half of a crop has at least the 32 pixels of one window of `local_loss`, and squares for the quantiles of `palette`.
LEAST_CROP = 64


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Hyperparameters of the training of the fast network.

    Raises:
        InputError: if a setting is out of its range.
    """

    steps: int = 9000
    """Number of training steps, one batch each; the learning rate falls linearly to zero over these steps."""

    small_crops: float = 0.55
    """Fraction of the steps, at the start, with crops of half the side and four times their number."""

    batch: int = 2
    """Number of crops in a batch of the later steps; one crop in eight is styled by itself."""

    crop: int = 256
    """Side of the square crops of the later steps in pixels, a multiple of 16 and at least 64."""

    learning_rate: float = 0.006
    """Peak learning rate of the optimizer (Muon): the relative change of a kernel per step."""

    styles_per_step: float = 0.35
    """New style pictures made for each step; fewer save time, more show more variants."""

    seed: int = 0
    """Seed of the first parameters and of the random crops."""

    def __post_init__(self) -> None:
        checkpoints.check_positive(self, ("steps", "batch", "crop", "learning_rate"))
        if self.crop % 16 or self.crop < LEAST_CROP:
            raise InputError(
                f"The side of the crops must be a multiple of 16 and at least {LEAST_CROP}, not {self.crop}."
            )
        for name in ("small_crops", "styles_per_step"):
            if not 0 <= getattr(self, name) <= 1:
                raise InputError(
                    f"The {name.replace('_', ' ')} must be a share between 0 and 1, not {getattr(self, name)}."
                )


@dataclasses.dataclass(frozen=True)
class Progress:
    """The progress of a training.

    Attributes:
        steps: number of steps done, including those of earlier, resumed runs.
        minutes: wall time spent on them.
        figures: validation figures; None between reports.
    """

    steps: int
    minutes: float
    figures: dict[str, float] | None


class Training:
    """The training of the decoder against the frozen network.

    Args:
        photographs: folder of content pictures.
        paintings: folder of style pictures.
        weights: the network whose features the decoder reads and whose losses it lowers.
        checkpoint: file for the state of the training; if it exists, the training resumes from it.
        settings: the hyperparameters.
        start: parameters to begin with; None draws them at random.
    """

    def __init__(
        self,
        photographs: Path,
        paintings: Path,
        weights: NetworkWeights,
        checkpoint: Path,
        settings: Settings,
        start: Parameters | None = None,
    ):
        self._settings, self._checkpoint = settings, checkpoint
        self._networks = Networks(VGG.of(weights, padding="edges"), VGG.of(weights, padding="replicate"))
        (photos, unseen_photos), (paints, unseen_paints) = split(photographs), split(paintings)
        self._photos, self._paints = ([pixels(file) for file in files] for files in (photos, paints))
        self._style_of = jax.jit(style_of)
        self._validation = Validation(self._networks, unseen_photos, unseen_paints, paints)
        self._pool = StylePool(KEPT_STYLES)
        vectors = []
        for picture in made_ahead(self._first_picture, 0, FIRST_STYLES):
            style = self._style_of(self._networks, picture)
            self._pool.add(style)
            vectors.append(np.asarray(code_vector(style.code.statistics))[0])
        parameters = self._drawn(vectors) if start is None else start
        self._solver = solver()
        state = (parameters, parameters, self._solver.init(parameters))
        # Copied, because the buffers of the state are donated, and without weak types, which would compile twice.
        initial = jax.tree.map(lambda leaf: jnp.array(leaf, leaf.dtype), state)
        self._state, self._steps, self._minutes = checkpoints.load(checkpoint, initial, "a network")

    def _drawn(self, vectors: list[np.ndarray]) -> Parameters:
        """Draw parameters at random, with the standardization of the vectors of styles."""
        channels = {layer: self._networks.features.widths[index] for layer, index in _CONVOLUTION_INDEX.items()}
        parameters = random_parameters(channels, len(vectors[0]), self._settings.seed)
        parameters["vector"] |= {
            "mean": jnp.asarray(np.mean(vectors, 0)),
            "scale": jnp.asarray(np.std(vectors, 0) + 0.05),
        }
        return parameters

    def run(self) -> Iterator[Progress]:
        """Train for the remaining steps; reports and checkpoints follow every REPORT_MINUTES and at the end.

        Raises:
            InputError: when the loss is not finite any more.
        """
        in_a_row = 0
        began, reported, settings = time.monotonic(), self._minutes, self._settings
        # The losses of steps that the device may not have finished.
        pending: collections.deque[Array] = collections.deque()
        step = jax.jit(self._step, donate_argnums=0)
        for batch in made_ahead(self._batch, self._steps, settings.steps):
            if batch.picture is not None:
                self._pool.add(self._style_of(self._networks, batch.picture))
            rate = settings.learning_rate * min(1.0, (self._steps + 1) / WARM_UP) * (1 - self._steps / settings.steps)
            averaging = max(1 - AVERAGE, 1 / (1 + self._steps / 5))
            inputs = batch._replace(styles=self._pool.indices(batch.styles), picture=None)
            self._state, loss = step(
                self._state, self._networks, self._pool.styles, inputs, np.float32(rate), np.float32(averaging)
            )
            pending.append(loss)
            self._steps += 1
            is_last = self._steps == settings.steps
            minutes, figures = self._minutes + (time.monotonic() - began) / 60, None
            due = is_last or minutes - reported >= REPORT_MINUTES or self._steps in (50, 200)
            while len(pending) > (0 if due else LAG):
                value = float(pending.popleft())
                in_a_row = 0 if np.isfinite(value) else in_a_row + 1
                if in_a_row == MOST_SKIPPED or (is_last and in_a_row and not pending):
                    raise InputError(
                        f"The training diverged before step {self._steps}; lower the learning rate. The checkpoint is "
                        "that of an earlier step."
                    )
            if due and not in_a_row:
                minutes = reported = self._minutes + (time.monotonic() - began) / 60
                figures = self.figures() | {"training_loss": value}
                checkpoints.save(self._checkpoint, self._state, self._steps, minutes)
            yield Progress(self._steps, minutes, figures)

    @property
    def parameters(self) -> Parameters:
        """The average of the parameters of the latest steps."""
        return self._state[1]

    def figures(self) -> dict[str, float]:
        """Compute the validation figures; see `Validation.figures`."""
        return self._validation.figures(self.parameters)

    def _first_picture(self, number: int) -> np.ndarray:
        return style_picture(self._paints, self._photos, np.random.default_rng((self._settings.seed, 0, number)))

    def _batch(self, number: int) -> Batch:
        settings = self._settings
        small = number < settings.small_crops * settings.steps
        count, side = (4 * settings.batch, settings.crop // 2) if small else (settings.batch, settings.crop)
        generator = np.random.default_rng((settings.seed, 1, number))
        return draw(self._photos, self._paints, count, side, settings.styles_per_step, generator)

    def _step(
        self,
        state: Any,
        networks: Networks,
        pool: Style,
        batch: Batch,
        rate: Float[Array, ""],
        averaging: Float[Array, ""],
    ) -> Any:
        """Take a step; `batch.styles` are indices into the pool."""
        contents, itself, key = batch.contents, batch.itself, jax.random.key(batch.key)
        first, second = (jax.tree.map(lambda each, at=at: each[at], pool) for at in batch.styles)
        parameters, average, solver_state = state
        own = style_of(networks, contents[0])
        first = jax.tree.map(lambda each, mine: each.at[0].set(jnp.where(itself, mine, each[0])), first, own)
        styles = jax.vmap(mixed)(first, second, jnp.asarray(batch.parts).at[0].multiply(1 - itself))
        identity = jnp.zeros(len(contents)).at[0].set(itself)

        (value, _), gradient = jax.value_and_grad(batch_loss, has_aux=True)(
            parameters, networks, contents, styles, key, identity
        )
        update, solver_state = self._solver.update(gradient, solver_state, parameters)
        parameters = optax.apply_updates(parameters, jax.tree.map(lambda each: rate * each, update))
        average = optax.incremental_update(parameters, average, averaging)
        # A batch without a finite gradient leaves everything as it is.
        is_finite = jnp.isfinite(value) & jnp.isfinite(sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(gradient)))
        new = (parameters, average, solver_state)
        return jax.tree.map(lambda old, each: jnp.where(is_finite, each, old), state, new), jnp.where(
            is_finite, value, jnp.nan
        )


# The index of the convolution before each layer in ENTRANCES.
_CONVOLUTION_INDEX = {"relu2_1": 2, "relu3_1": 4, "relu4_1": 8}
assert set(_CONVOLUTION_INDEX) == set(ENTRANCES.values())
