"""The training loop: batches, optimizer, learning-rate schedule and checkpoints."""

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
from nst_jax.networks.vgg import VGG
from nst_jax.networks.weights import NetworkWeights
from nst_jax.networks.weights.parameters import TrainedPooling
from nst_jax.networks.weights.random_init import random_network
from nst_jax.training import checkpoints
from nst_jax.training.data import Crops, crops, split
from nst_jax.training.student import EXCEPTIONS, balanced, first_parameters, loss, normalized, scales_of, weights_of
from nst_jax.training.stylized import MARGIN, StylizedCrops
from nst_jax.training.taps import Activations
from nst_jax.training.teachers import teacher

# Number of recent batches that are kept for replay, and of steps in which the learning rate rises linearly.
POOL, WARM_UP = 32, 200
# Rate of the exponential moving average of the activations' means at the peak learning rate; it is scaled down with the
# learning rate. A change of a mean shifts the inputs of all later layers, and once the learning rate is near zero these
# could no longer adapt to it.
MEAN_RATE = 0.02
# Minutes between two reports, each with a validation and a checkpoint.
REPORT_MINUTES = 2.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Hyperparameters of the training.

    Raises:
        InputError: if a setting is out of its range.
    """

    steps: int = 9000
    """Number of training steps, one batch each; more take longer and match the teachers more closely.
    The learning rate falls linearly to zero over these steps."""

    batch: int = 8
    """Number of crops in a batch; more give less noisy gradients, but take more time and memory per step."""

    crop: int = 128
    """Side of the square crops in pixels, at least 32; larger crops show more context, but cost more time."""

    learning_rate: float = 0.01
    """Peak learning rate of the optimizer (Muon), above 0: the relative change of a convolution kernel per step."""

    gram_weight: float = 0.05
    """Weight of the error of the Gram matrices (the style statistics), relative to that of the activations.
    0 matches activations only; more matches style statistics better, at the expense of the activations."""

    replay: int = 4
    """Number of training steps for each new batch of crops, at least 1; steps draw from the recent batches.
    More saves time, since the teachers run less often (on a CPU they take most of it), but fewer crops are seen."""

    pooling: TrainedPooling = "avg"
    """Pooling of the student (avg or max), in training and afterwards; the teachers keep their own."""

    stylized: float = 0.5
    """Fraction of new batches, 0 to 1, made of images that the present student stylizes instead of plain crops.
    More teaches the student to avoid artifacts such as speckle; 0 uses plain crops only."""

    seed: int = 0
    """Seed of the initial filters and the random crops."""

    def __post_init__(self) -> None:
        checkpoints.check_positive(self, ("steps", "batch", "crop", "learning_rate", "replay"))
        if not 0 <= self.stylized <= 1:
            raise InputError(f"The part of stylized pictures must be between 0 and 1, not {self.stylized}.")
        if self.crop < 32:
            raise InputError(f"Crops must have at least 32 pixels on a side, not {self.crop}; 128 is usual.")


@dataclasses.dataclass(frozen=True)
class Progress:
    """The progress of a training.

    Attributes:
        steps: number of steps done, including those of earlier, resumed runs.
        minutes: wall time spent on them.
        explained: for each tap (matched layer), the fraction of the variance of the teacher's channels that the
            student explains on the validation images; None between reports.
    """

    steps: int
    minutes: float
    explained: dict[str, float] | None


def solver() -> optax.GradientTransformation:
    """Build the optimizer of the training: Muon (Jordan et al. 2024) for matrices, Adam for biases.

    The matrices are the convolution kernels, as (9 * inputs, outputs), and the kernels of the heads (see
    `student.Parameters`). The learning rate is one here; the training loop scales the updates by its schedule. In a
    training of conv1_1 to conv2_1 alone, two minutes of Muon explained 79.0 % of relu2_1's variance, two of Adam 74.6
    %. Weight decay is needed because all updates of Muon have one norm: noisy ones would make kernels grow unbounded.

    Returns:
        An optax transformation of gradients of `student.Parameters` into updates.
    """

    def matrices(parameters: Any) -> Any:
        shapes = {4: optax.contrib.MuonDimensionNumbers((0, 1, 2), (3,)), 2: optax.contrib.MuonDimensionNumbers()}
        return jax.tree.map(lambda value: shapes.get(value.ndim), parameters)

    muon = optax.contrib.muon(1.0, weight_decay=0.1, adam_learning_rate=0.5, muon_weight_dimension_numbers=matrices)
    return optax.chain(optax.clip_by_global_norm(1.0), muon)


class Training:
    """The training of a student by its teachers.

    Args:
        pictures: folder of training images.
        teachers: weight files that `teachers.teacher` reads.
        start: the network to start from, whose widths are kept; None starts from random filters with about a quarter of
            VGG-19's channels.
        checkpoint: file for the state of the training; if it exists, the training resumes from it.
        settings: the hyperparameters.

    Raises:
        InputError: if the images, a teacher or the checkpoint cannot be used.
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
        training, held_out = split(pictures)
        self._teach = teacher(teachers)
        self._source = crops(training, settings.batch, settings.crop, self._generator)
        unseen = crops(held_out, settings.batch, settings.crop, np.random.default_rng(1))
        self._validation = [self._with_answers(next(unseen)) for _ in range(6)]
        batches = [self._with_answers(next(self._source)) for _ in range(8)]
        self._scales = scales_of([answers for _, answers in batches])
        self._solver = solver()
        self._loss = functools.partial(loss, gram_weight=settings.gram_weight, pooling=settings.pooling)
        self._validation_loss = jax.jit(self._loss)
        x, answers = jax.tree.map(lambda *parts: jnp.concatenate(parts), *batches)
        if start is None:
            random = random_network(seed=settings.seed, exceptions=EXCEPTIONS)
            start = balanced(dataclasses.replace(random, pooling=settings.pooling), x)
        start = dataclasses.replace(start, pooling=settings.pooling)
        parameters, means = first_parameters(start, self._scales, x, answers)
        state = (parameters, means, self._solver.init(parameters))
        larger = crops(training, 2 * settings.batch, settings.crop + MARGIN, self._generator)
        self._stylized = StylizedCrops(larger, settings.crop, self._generator) if settings.stylized else None
        initial = (state, self._scales)
        self._state: tuple[Any, Any, Any]
        (self._state, self._scales), self._steps, self._minutes = checkpoints.load(checkpoint, initial, "a network")

    def run(self) -> Iterator[Progress]:
        """Train for the remaining steps; reports and checkpoints follow every REPORT_MINUTES minutes and at the end.

        Yields:
            The progress after each step.
        """
        began, reported = time.monotonic(), self._minutes
        pool: list[tuple[Crops, Activations]] = []
        step, settings = jax.jit(self._step, donate_argnums=0), self._settings
        while self._steps < settings.steps:
            if self._steps % settings.replay == 0 or len(pool) < min(8, POOL):
                pool = [*pool[1 - POOL :], self._with_answers(self._next_crops())]
            rate = (
                settings.learning_rate
                * min(1.0, (self._steps + 1) / WARM_UP)
                * (1 - min(1.0, self._steps / settings.steps))
            )
            x, answers = pool[self._generator.integers(len(pool))]
            self._state = step(self._state, self._scales, x, answers, jnp.asarray(rate, jnp.float32))
            self._steps += 1
            minutes, explained = self._minutes + (time.monotonic() - began) / 60, None
            if self._steps == settings.steps or minutes - reported >= REPORT_MINUTES:
                reported = minutes
                explained = self.explained()
                checkpoints.save(self._checkpoint, (self._state, self._scales), self._steps, minutes)
            yield Progress(self._steps, minutes, explained)

    def explained(self) -> dict[str, float]:
        """Compute the fraction of the variance of the teacher's channels that the student explains, for each tap.

        Returns:
            {tap: fraction}, the mean over the validation batches, rounded to four digits.
        """
        unexplained = [
            self._validation_loss(*self._state[:2], self._scales, *batch)[1][0] for batch in self._validation
        ]
        return {tap: round(float(1 - np.mean([share[tap] for share in unexplained])), 4) for tap in unexplained[0]}

    def network(self, name: str) -> NetworkWeights:
        """Return the student as trained so far, normalized over some training crops (see `student.normalized`).

        Args:
            name: the name of the network.
        """
        pictures = np.concatenate([next(self._source) for _ in range(8)])
        return normalized(weights_of(*self._state[:2], name, self._settings.pooling), jnp.asarray(pictures))

    def _next_crops(self) -> Crops:
        if self._stylized is None or self._generator.random() >= self._settings.stylized:
            return next(self._source)
        weights = weights_of(*self._state[:2], "student", self._settings.pooling)
        return self._stylized.next(VGG.of(weights))

    def _with_answers(self, x: Crops) -> tuple[Crops, Activations]:
        """Return the crops with the teachers' activations for them."""
        return x, self._teach(jnp.asarray(x))

    def _step(self, state: Any, scales: Any, x: jax.Array, answers: Activations, rate: jax.Array) -> Any:
        parameters, means, solver_state = state
        gradient, (_, batch_means) = jax.grad(self._loss, has_aux=True)(parameters, means, scales, x, answers)
        update, solver_state = self._solver.update(gradient, solver_state, parameters)
        parameters = optax.apply_updates(parameters, jax.tree.map(lambda value: rate * value, update))
        mean_rate = MEAN_RATE * rate / self._settings.learning_rate
        return parameters, optax.incremental_update(batch_means, means, mean_rate), solver_state
