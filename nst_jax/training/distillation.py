"""Training from batch to batch, with a checkpoint to go on from."""

import dataclasses
import functools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import optax.contrib

from nst_jax.errors import InputError
from nst_jax.files import atomic_write
from nst_jax.networks.vgg import VGG19
from nst_jax.networks.weights import NetworkWeights
from nst_jax.networks.weights.parameters import TrainedPooling
from nst_jax.networks.weights.random_init import random_network
from nst_jax.training.data import Crops, crops, split
from nst_jax.training.student import EXCEPTIONS, balanced, first_parameters, loss, normalized, scales_of, weights_of
from nst_jax.training.stylized import MARGIN, StylizedCrops
from nst_jax.training.taps import Activations
from nst_jax.training.teachers import teacher

# Batches that are kept to be seen again, and steps until the learning rate is at its highest.
POOL, WARM_UP = 32, 200
# How fast the means of the activations are followed while the learning rate is at its highest. It falls with the
# learning rate: a mean that moves shifts what all later layers see, and in the end nothing would catch up with that.
MEAN_RATE = 0.02
REPORT_MINUTES = 2.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """How to train.

    Raises:
        InputError: when a setting is impossible.
    """

    steps: int = 9000
    """How many batches to train on; the learning rate falls to zero by then."""

    batch: int = 8
    """Crops in a batch."""

    crop: int = 128
    """Side of a crop in pixels."""

    learning_rate: float = 0.01
    """Of Muon, at its highest: the part of a kernel's usual size that a step changes."""

    gram_weight: float = 0.05
    """How much the Gram matrices count beside the features."""

    replay: int = 4
    """How often each batch of crops is seen; on a CPU the teachers take most of the time."""

    pooling: TrainedPooling = "avg"
    """The student's pooling, with which it is to be used; the teachers keep theirs."""

    stylized: float = 0.5
    """The part of the batches that show pictures which the student itself stylizes; 0 leaves them out."""

    seed: int = 0
    """Of the first filters and the crops."""

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "crop", "learning_rate", "replay"):
            if not getattr(self, name) > 0:
                raise InputError(f"The {name.replace('_', ' ')} must be positive, not {getattr(self, name)}.")
        if not 0 <= self.stylized <= 1:
            raise InputError(f"The part of stylized pictures must be between 0 and 1, not {self.stylized}.")
        if self.crop < 32:
            raise InputError(f"Crops must have at least 32 pixels on a side, not {self.crop}; 128 is usual.")


@dataclasses.dataclass(frozen=True)
class Progress:
    """Where a training stands.

    Attributes:
        steps: done so far, earlier runs included.
        minutes: spent on them.
        explained: by tap, the share of the variance of the teacher's channels explained on pictures kept back; None
            between reports.
    """

    steps: int
    minutes: float
    explained: dict[str, float] | None


def solver() -> optax.GradientTransformation:
    """Muon (Jordan et al. 2024) on kernels as (9 in, out) matrices and on heads, Adam on biases, for a rate of one.

    On conv1_1 to conv2_1 alone, two minutes of it explained 79.0 % of relu2_1's variance, and two of Adam 74.6 %. The
    decay keeps kernels from growing with every noisy step, which all have the same size.
    """

    def matrices(parameters: Any) -> Any:
        shapes = {4: optax.contrib.MuonDimensionNumbers((0, 1, 2), (3,)), 2: optax.contrib.MuonDimensionNumbers()}
        return jax.tree.map(lambda value: shapes.get(value.ndim), parameters)

    muon = optax.contrib.muon(1.0, weight_decay=0.1, adam_learning_rate=0.5, muon_weight_dimension_numbers=matrices)
    return optax.chain(optax.clip_by_global_norm(1.0), muon)


class Training:
    """A student and its teachers.

    Args:
        pictures: folder of pictures.
        teachers: files that `teachers.teacher` reads.
        start: a network to begin with, which keeps its widths; None: random filters, about a quarter of VGG-19's.
        checkpoint: the file to keep the state in; where it exists, training goes on from it.
        settings: how to train.

    Raises:
        InputError: when the pictures or a teacher cannot be used.
    """

    def __init__(
        self,
        pictures: Path,
        teachers: tuple[Path, ...],
        start: NetworkWeights | None,
        checkpoint: Path,
        settings: Settings,
    ):
        self._settings = settings
        self._checkpoint = checkpoint
        self._generator = np.random.default_rng(settings.seed)
        training, kept_back = split(pictures)
        self._teach = teacher(teachers)
        self._source = crops(training, settings.batch, settings.crop, self._generator)
        unseen = crops(kept_back, settings.batch, settings.crop, np.random.default_rng(1))
        self._validation = [self._answered(next(unseen)) for _ in range(6)]
        batches = [self._answered(next(self._source)) for _ in range(8)]
        self._scales = scales_of([answers for _, answers in batches])
        self._solver = solver()
        self._loss = functools.partial(loss, gram_weight=settings.gram_weight, pooling=settings.pooling)
        self._judge = jax.jit(self._loss)
        x, answers = jax.tree.map(lambda *parts: jnp.concatenate(parts), *batches)
        if start is None:
            drawn = random_network(seed=settings.seed, exceptions=EXCEPTIONS)
            start = balanced(dataclasses.replace(drawn, pooling=settings.pooling), x)
        start = dataclasses.replace(start, pooling=settings.pooling)
        parameters, means = first_parameters(start, self._scales, x, answers)
        self._state = (parameters, means, self._solver.init(parameters))
        larger = crops(training, 2 * settings.batch, settings.crop + MARGIN, self._generator)
        self._stylized = StylizedCrops(larger, settings.crop, self._generator) if settings.stylized else None
        self._steps, self._spent = 0, 0.0
        self._resume()

    def run(self) -> Iterator[Progress]:
        """Trains for the steps that are left. The state is saved at each report, every two minutes, and at the end."""
        began, reported = time.monotonic(), self._spent
        pool: list[tuple[Crops, Activations]] = []
        step, settings = jax.jit(self._step, donate_argnums=0), self._settings
        while self._steps < settings.steps:
            if self._steps % settings.replay == 0 or len(pool) < min(8, POOL):
                pool = [*pool[1 - POOL :], self._answered(self._next_crops())]
            rate = (
                settings.learning_rate
                * min(1.0, (self._steps + 1) / WARM_UP)
                * (1 - min(1.0, self._steps / settings.steps))
            )
            x, answers = pool[self._generator.integers(len(pool))]
            self._state = step(self._state, self._scales, x, answers, jnp.asarray(rate, jnp.float32))
            self._steps += 1
            minutes, explained = self._spent + (time.monotonic() - began) / 60, None
            if self._steps == settings.steps or minutes - reported >= REPORT_MINUTES:
                reported = minutes
                explained = self.explained()
                self._save(minutes)
            yield Progress(self._steps, minutes, explained)

    def explained(self) -> dict[str, float]:
        """By tap, the share of the variance of the teacher's channels that is explained on pictures kept back."""
        shares = [self._judge(*self._state[:2], self._scales, *batch)[1][0] for batch in self._validation]
        return {tap: round(float(1 - np.mean([share[tap] for share in shares])), 4) for tap in shares[0]}

    def network(self, name: str) -> NetworkWeights:
        """The student as it is, normalized over the training pictures."""
        pictures = np.concatenate([next(self._source) for _ in range(8)])
        return normalized(weights_of(*self._state[:2], name, self._settings.pooling), jnp.asarray(pictures))

    def _next_crops(self) -> Crops:
        if self._stylized is None or self._generator.random() >= self._settings.stylized:
            return next(self._source)
        weights = weights_of(*self._state[:2], "student", self._settings.pooling)
        return self._stylized.next(VGG19(weights))

    def _answered(self, x: Crops) -> tuple[Crops, Activations]:
        return x, self._teach(jnp.asarray(x))

    def _step(self, state: Any, scales: Any, x: jax.Array, answers: Activations, rate: jax.Array) -> Any:
        parameters, means, memory = state
        gradient, (_, seen) = jax.grad(self._loss, has_aux=True)(parameters, means, scales, x, answers)
        update, memory = self._solver.update(gradient, memory, parameters)
        parameters = optax.apply_updates(parameters, jax.tree.map(lambda value: rate * value, update))
        follow = MEAN_RATE * rate / self._settings.learning_rate
        return parameters, optax.incremental_update(seen, means, follow), memory

    def _resume(self) -> None:
        if not self._checkpoint.exists():
            return
        kept = jax.tree.leaves((self._state, self._scales))
        with np.load(self._checkpoint) as file:
            leaves = [jnp.asarray(file[f"leaf_{index}"]) for index in range(len(kept))]
            self._steps, self._spent = int(file["steps"]), float(file["minutes"])
        if any(one.shape != other.shape for one, other in zip(leaves, kept, strict=True)):
            raise InputError(f"{self._checkpoint} is the state of a network of other widths; move it away.")
        self._state, self._scales = jax.tree.unflatten(jax.tree.structure((self._state, self._scales)), leaves)

    def _save(self, minutes: float) -> None:
        leaves = {f"leaf_{i}": np.asarray(leaf) for i, leaf in enumerate(jax.tree.leaves((self._state, self._scales)))}
        with atomic_write(self._checkpoint) as temporary:
            np.savez(temporary, allow_pickle=False, steps=self._steps, minutes=minutes, **leaves)
