"""The training of the autoencoder that the grade uses."""

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
from PIL import Image

from nst_jax.errors import InputError
from nst_jax.files import bundled_dir
from nst_jax.grading.autoencoder import SIDE, Parameters, decode, encode, random_parameters, standardized
from nst_jax.training import checkpoints
from nst_jax.training.fast_styles import drawn
from nst_jax.training.fast_validation import pixels, split
from nst_jax.training.hand_drawings import hand_drawing

# Short side to which pictures are shrunk before crops are taken, and the least part of it that a crop shows.
POOL_SIDE, LEAST_PART = 160, 0.35
# Pictures drawn at random, half of shapes and half by a simulated hand, before the first step.
SYNTHETIC = 240
# Crops over which codes are standardized, and crops for validation.
STANDARDIZED_OVER, VALIDATED_OVER = 2048, 256
# The greatest standard deviation of the noise that the encoder has to see through.
NOISE = 0.1
WARM_UP, REPORT_EVERY = 100, 100


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Hyperparameters of the training of the autoencoder.

    Raises:
        InputError: if a setting is not positive.
    """

    steps: int = 1500
    """Number of training steps, one batch each; the learning rate falls to zero over these steps."""

    batch: int = 32
    """Number of crops in a batch."""

    learning_rate: float = 0.002
    """Peak learning rate of Adam."""

    seed: int = 0
    """Seed of the first parameters, the synthetic pictures and the crops."""

    def __post_init__(self) -> None:
        checkpoints.check_positive(self, ("steps", "batch", "learning_rate"))


@dataclasses.dataclass(frozen=True)
class Progress:
    """The progress of a training.

    Attributes:
        steps: number of steps done, including those of earlier, resumed runs.
        minutes: wall time spent on them.
        figures: mean squared errors of the pictures from their codes; None between reports.
    """

    steps: int
    minutes: float
    figures: dict[str, float] | None


class Training:
    """The training of the autoencoder.

    Args:
        folders: folders of pictures, of which every fifth is held out; without any, the program's examples and
            synthetic pictures are all.
        checkpoint: file for the state of the training; if it exists, the training resumes from it.
        settings: the hyperparameters.
    """

    def __init__(self, folders: tuple[Path, ...], checkpoint: Path, settings: Settings):
        self._settings, self._checkpoint = settings, checkpoint
        generator = np.random.default_rng(settings.seed)
        examples = sorted(path for path in bundled_dir("examples").iterdir() if path.suffix in (".jpg", ".png"))
        halves = [split(folder) for folder in folders]
        pictures = [_shrunk(pixels(path)) for path in (*examples, *(file for train, _ in halves for file in train))]
        self._pictures = [*pictures, *_synthetic(pictures, generator)]
        unseen = [_shrunk(pixels(path)) for _, held_out in halves for path in held_out] or pictures
        self._unseen = _crops(unseen, VALIDATED_OVER, np.random.default_rng(settings.seed))
        rate = optax.warmup_cosine_decay_schedule(0, settings.learning_rate, WARM_UP, max(settings.steps, WARM_UP + 1))
        self._solver = optax.adam(rate)
        parameters = random_parameters(settings.seed)
        initial = (parameters, self._solver.init(parameters))
        self._state, self._steps, self._minutes = checkpoints.load(checkpoint, initial, "an autoencoder")

    def run(self) -> Iterator[Progress]:
        """Train for the remaining steps; a report and a checkpoint follow every REPORT_EVERY steps and at the end.

        Raises:
            InputError: when the error is not finite any more.
        """
        began, before, settings = time.monotonic(), self._minutes, self._settings
        step = jax.jit(self._step, donate_argnums=0)
        while self._steps < settings.steps:
            # Each step has a generator of its own, so that a resumed training sees what an undisturbed one would.
            generator = np.random.default_rng((settings.seed, self._steps))
            clean = _crops(self._pictures, settings.batch, generator)
            deviation = generator.uniform(0, NOISE, (settings.batch, 1, 1, 1))
            noisy = np.float32(clean + generator.normal(0, 1, clean.shape) * deviation)
            self._state, error = step(self._state, noisy, clean)
            self._steps += 1
            self._minutes = before + (time.monotonic() - began) / 60
            figures = None
            if self._steps % REPORT_EVERY == 0 or self._steps == settings.steps:
                figures = {
                    "training": float(error),
                    "unseen": float(_error(self._state[0], self._unseen, self._unseen)),
                }
                if not np.isfinite(list(figures.values())).all():
                    raise InputError(f"The training diverged before step {self._steps}; lower the learning rate.")
                checkpoints.save(self._checkpoint, self._state, self._steps, self._minutes)
            yield Progress(self._steps, self._minutes, figures)

    @property
    def encoder(self) -> Parameters:
        """The parameters of the encoder, with codes that are standardized over the training's crops."""
        crops = _crops(self._pictures, STANDARDIZED_OVER, np.random.default_rng((self._settings.seed, 2**32)))
        return standardized(self._state[0]["encoder"], jnp.asarray(crops))

    def _step(self, state: Any, noisy: Float[Array, "n 64 64 3"], clean: Float[Array, "n 64 64 3"]) -> Any:
        parameters, solver_state = state
        error, gradient = jax.value_and_grad(_error)(parameters, noisy, clean)
        update, solver_state = self._solver.update(gradient, solver_state, parameters)
        return (optax.apply_updates(parameters, update), solver_state), error


@jax.jit
def _error(
    parameters: Parameters, noisy: Float[Array, "n 64 64 3"], clean: Float[Array, "n 64 64 3"]
) -> Float[Array, ""]:
    """Compute the mean squared error of the decoded pictures."""
    return jnp.mean((decode(parameters["decoder"], encode(parameters["encoder"], noisy)) - clean) ** 2)


def _shrunk(picture: np.ndarray) -> np.ndarray:
    """Shrink a uint8 picture to a short side of POOL_SIDE; smaller ones are enlarged."""
    image = Image.fromarray(picture)
    scale = POOL_SIDE / min(image.size)
    return np.asarray(image.resize([round(extent * scale) for extent in image.size], Image.Resampling.LANCZOS))


def _synthetic(pictures: list[np.ndarray], generator: np.random.Generator) -> list[np.ndarray]:
    """Draw SYNTHETIC pictures in the colors, or after the motifs, of the given ones."""
    found = []
    for number in range(SYNTHETIC):
        source = pictures[generator.integers(len(pictures))]
        if number % 2:
            picture = drawn(source, generator)
        else:
            picture = hand_drawing(source / np.float32(255), int(np.exp(generator.uniform(2, 6))), generator)
        found.append(_shrunk((picture * 255 + 0.5).astype(np.uint8)))
    return found


def _crops(pictures: list[np.ndarray], count: int, generator: np.random.Generator) -> Float[np.ndarray, "n 64 64 3"]:
    """Cut squares of random sizes, mirrored and recolored at random, float32 in [0, 1]."""
    found = []
    for index in generator.integers(len(pictures), size=count):
        picture = pictures[index]
        short = min(picture.shape[:2])
        length = round(short * generator.uniform(LEAST_PART, 1))
        top, left = (int(generator.integers(extent - length + 1)) for extent in picture.shape[:2])
        part = Image.fromarray(picture[top : top + length, left : left + length])
        crop = np.asarray(part.resize((SIDE, SIDE), Image.Resampling.LANCZOS), np.float32) / 255
        crop = crop[:, ::-1] if generator.random() < 0.5 else crop
        if generator.random() < 0.5:
            gain, shift = generator.uniform(0.7, 1.3, 3), generator.uniform(-0.1, 0.1)
            crop = np.clip(crop * gain.astype(np.float32) + np.float32(shift), 0, 1)
        found.append(crop)
    return np.stack(found)
