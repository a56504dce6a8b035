"""The training of the fast network: batches, schedule and checkpoints."""

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
from nst_jax.networks.frozen_vgg import FrozenVGG
from nst_jax.networks.weights import NetworkWeights
from nst_jax.training import checkpoints
from nst_jax.training.distillation import solver
from nst_jax.training.fast_contents import content_crops
from nst_jax.training.fast_objective import Networks, Style, batch_loss, mixed, style_of
from nst_jax.training.fast_styles import style_picture
from nst_jax.training.fast_validation import Validation, pixels, split

# Steps in which the learning rate rises linearly, and the rate of the exponential moving average of the parameters.
WARM_UP, AVERAGE = 200, 0.998
# Style pictures made before the first step, and the number of the latest that are kept, of more than 3 MB each.
FIRST_STYLES, KEPT_STYLES = 300, 1000
# Share of the pairs whose style is a mixture of two.
MIXTURES = 0.2
REPORT_MINUTES = 5.0
# The number of batches in a row without a finite gradient after which the training gives up.
MOST_SKIPPED = 20
# Half of a crop has at least the 16 pixels that a style code needs.
LEAST_CROP = 32


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
    """Side of the square crops of the later steps in pixels, a multiple of 16 and at least 32."""

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
    """

    def __init__(
        self, photographs: Path, paintings: Path, weights: NetworkWeights, checkpoint: Path, settings: Settings
    ):
        self._settings, self._checkpoint = settings, checkpoint
        self._networks = Networks(FrozenVGG.of(weights, "edges"), FrozenVGG.of(weights, "replicate"))
        (photos, unseen_photos), (paints, unseen_paints) = split(photographs), split(paintings)
        self._photos, self._paints = ([pixels(file) for file in files] for files in (photos, paints))
        self._style_of = jax.jit(style_of)
        self._validation = Validation(self._networks, unseen_photos, unseen_paints, paints)
        self._styles: collections.deque[Style] = collections.deque(maxlen=KEPT_STYLES)
        self._generator = np.random.default_rng(settings.seed)
        for _ in range(FIRST_STYLES):
            self._add_style()
        channels = {layer: self._networks.features.widths[index] for layer, index in _CONVOLUTION_INDEX.items()}
        vectors = np.stack([np.asarray(code_vector(style.code.statistics))[0] for style in self._styles])
        parameters = random_parameters(channels, vectors.shape[1], settings.seed)
        parameters["vector"] |= {"mean": jnp.asarray(vectors.mean(0)), "scale": jnp.asarray(vectors.std(0) + 0.05)}
        self._solver = solver()
        state = (parameters, parameters, self._solver.init(parameters))
        # Copied, because the buffers of the state are donated, and without weak types, which would compile twice.
        initial = jax.tree.map(lambda leaf: jnp.array(leaf, leaf.dtype), state)
        self._state, self._steps, self._minutes = checkpoints.load(checkpoint, initial, "a network")
        if self._steps:
            self._generator = np.random.default_rng((settings.seed, self._steps))

    def run(self) -> Iterator[Progress]:
        """Train for the remaining steps; reports and checkpoints follow every REPORT_MINUTES and at the end.

        Raises:
            InputError: when the loss is not finite any more.
        """
        in_a_row = 0
        began, reported, settings = time.monotonic(), self._minutes, self._settings
        step = jax.jit(self._step, donate_argnums=0)
        while self._steps < settings.steps:
            small = self._steps < settings.small_crops * settings.steps
            count, side = (4 * settings.batch, settings.crop // 2) if small else (settings.batch, settings.crop)
            if self._generator.random() < settings.styles_per_step:
                self._add_style()
            contents = content_crops(self._photos, self._paints, count, side, self._generator)
            first, second = (self._several_styles(count) for _ in range(2))
            parts = np.float32(self._generator.uniform(0, 1, count) * (self._generator.random(count) < MIXTURES))
            rate = settings.learning_rate * min(1.0, (self._steps + 1) / WARM_UP) * (1 - self._steps / settings.steps)
            key = jax.random.key(self._generator.integers(2**31))
            # One crop in eight is styled by itself.
            itself = np.float32(self._generator.random() < count / 8)
            averaging = max(1 - AVERAGE, 1 / (1 + self._steps / 5))
            inputs = (contents, first, second, parts, itself, key, np.float32(rate), np.float32(averaging))
            self._state, losses = step(self._state, self._networks, *inputs)
            self._steps += 1
            is_finite, is_last = bool(np.isfinite(losses)), self._steps == settings.steps
            in_a_row = 0 if is_finite else in_a_row + 1
            if in_a_row == MOST_SKIPPED or (is_last and not is_finite):
                raise InputError(
                    f"The training diverged before step {self._steps}; lower the learning rate. The checkpoint is that "
                    "of an earlier step."
                )
            minutes, figures = self._minutes + (time.monotonic() - began) / 60, None
            if is_finite and (is_last or minutes - reported >= REPORT_MINUTES or self._steps in (50, 200)):
                reported = minutes
                figures = self.figures() | {"training_loss": float(losses)}
                checkpoints.save(self._checkpoint, self._state, self._steps, minutes)
            yield Progress(self._steps, minutes, figures)

    @property
    def parameters(self) -> Parameters:
        """The average of the parameters of the latest steps."""
        return self._state[1]

    def figures(self) -> dict[str, float]:
        """Compute the validation figures; see `Validation.figures`."""
        return self._validation.figures(self.parameters)

    def _add_style(self) -> None:
        picture = style_picture(self._paints, self._photos, self._generator)
        self._styles.append(jax.tree.map(np.asarray, self._style_of(self._networks, picture)))

    def _several_styles(self, count: int) -> Style:
        indices = self._generator.integers(len(self._styles), size=count)
        return jax.tree.map(lambda *each: np.stack(each), *[self._styles[index] for index in indices])

    def _step(
        self,
        state: Any,
        networks: Networks,
        contents: Float[Array, "n side side 3"],
        first: Style,
        second: Style,
        parts: Float[Array, " n"],
        itself: Float[Array, ""],
        key: Array,
        rate: Float[Array, ""],
        averaging: Float[Array, ""],
    ) -> Any:
        parameters, average, solver_state = state
        own = style_of(networks, contents[0])
        first = jax.tree.map(lambda each, mine: each.at[0].set(jnp.where(itself, mine, each[0])), first, own)
        styles = jax.vmap(mixed)(first, second, parts.at[0].multiply(1 - itself))
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
