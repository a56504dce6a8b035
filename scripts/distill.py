"""Distils a small VGG-19: `python scripts/distill.py PICTURES OUTPUT.h5 --teachers FILE [FILE ...]`.

The student, a VGG-19 of a quarter of the width down to conv5_1, learns to tell the teachers' activations: at each tap,
a 1x1 head that is thrown away afterwards predicts a teacher's channels from the student's. What is minimised is the
unexplained share of each channel's variance, and the relative error of the Gram matrices of the predictions, since
that is what the network is for. Each batch of crops is seen several times, because on a CPU the teachers take most of
the time.

A teacher is a weight file that `scripts/convert_weights.py` reads (a VGG-19, whole or only its first convolutions), or
the `.npz` of Collaborative Distillation's quarter-width network, which brings heads of its own for the deeper layers.
Where several teach the same layer, the first does. A run can be stopped and continued: its state is kept beside OUTPUT.
"""

import dataclasses
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import tyro
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from nst_jax.atomic import replacing
from nst_jax.errors import InputError
from nst_jax.images import read, resize
from nst_jax.layers import CONVOLUTIONS, LAYERS
from nst_jax.losses import gram_matrix
from nst_jax.vgg import VGG19
from nst_jax.weights import NetworkWeights, hdf5
from nst_jax.weights.convert import convert
from nst_jax.weights.random_filters import random_network

# Where the student is compared: how much each tap counts, and of how many positions along each axis one is looked at.
TAPS = {
    "relu1_1": (2.0, 4),
    "relu2_1": (4.0, 2),
    "relu3_1": (2.0, 1),
    "relu3_4": (1.0, 1),
    "relu4_1": (0.7, 1),
    "relu5_1": (0.5, 1),
}
STUDENT_LAYERS = CONVOLUTIONS[: CONVOLUTIONS.index("conv5_1") + 1]
POOL = 32
REPORT_MINUTES = 2.0
Activations = dict[str, jax.Array]
Teacher = Callable[[jax.Array], Activations]


@dataclasses.dataclass(frozen=True)
class Options:
    """How to distil."""

    pictures: Annotated[Path, tyro.conf.Positional]
    """Folder of pictures, searched with its subfolders; both photographs and paintings, please."""

    output: Annotated[Path, tyro.conf.Positional]
    """The HDF5 file to write."""

    teachers: tuple[Path, ...]
    """Weight files to learn from."""

    minutes: float = 40.0
    """How long to train; the learning rate falls to zero by then."""

    batch: int = 8
    """Crops in a batch."""

    crop: int = 128
    """Side of a crop in pixels."""

    learning_rate: float = 2e-3
    """Of AdamW, at its highest."""

    gram_weight: float = 0.05
    """How much the Gram matrices count beside the features."""

    replay: int = 4
    """How often each batch of crops is seen."""

    start: Path | None = None
    """A network to begin with, such as an earlier OUTPUT; random filters by default."""

    seed: int = 0
    """Of the first filters and the crops."""


def collaborative_distillation(path: Path) -> Teacher:
    """The quarter-width network of Wang et al. 2020 (arXiv:2003.08436): reflected borders, heads to VGG's widths."""
    arrays = dict(np.load(path))

    def convolve(x: jax.Array, name: str) -> jax.Array:
        kernel = arrays[f"{name}.kernel"]
        border = kernel.shape[0] // 2
        x = jnp.pad(x, ((0, 0), (border, border), (border, border), (0, 0)), mode="reflect") if border else x
        layout = ("NHWC", "HWIO", "NHWC")
        y = jax.lax.conv_general_dilated(x, kernel, (1, 1), "VALID", dimension_numbers=layout)
        return y + arrays[f"{name}.bias"].reshape(1, 1, 1, -1)

    def teach(x: jax.Array) -> dict[str, jax.Array]:
        activations = {}
        x = convolve(x, "conv0")
        for name in LAYERS[: LAYERS.index("relu5_1") + 1]:
            if name.startswith("conv"):
                x = convolve(x, name)
            elif name.startswith("pool"):
                x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
            else:
                x = jax.nn.relu(x)
                head = f"{name.replace('relu', 'conv')}_aux"
                if f"{head}.kernel" in arrays:
                    activations[name] = jax.nn.relu(convolve(x, head))
        return activations

    return teach


def teacher_of(path: Path) -> tuple[tuple[str, ...], Teacher]:
    """The taps that a file teaches, and the function that does."""
    if path.suffix == ".npz" and "conv0.kernel" in np.load(path).files:
        return ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"), collaborative_distillation(path)
    weights = convert(path)
    taps = tuple(tap for tap in TAPS if tap.replace("relu", "conv") in weights.convolutions)
    network = VGG19(weights)
    return taps, lambda x: network(x, taps)


def split(folder: Path) -> tuple[list[Path], list[Path]]:
    """The pictures to train on, and every tenth, which is kept back for the validation figures."""
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp"))
    if len(files) < 10:
        raise InputError(f"There are {len(files)} pictures in {folder}; some hundreds are needed.")
    training = [file for number, file in enumerate(files) if number % 10 != 5]
    return training, [file for number, file in enumerate(files) if number % 10 == 5]


def crops(files: list[Path], options: Options, generator: np.random.Generator) -> Iterator[jax.Array]:
    """Batches of crops (n, crop, crop, 3) of random scale, half of them mirrored, with colours a little changed."""
    pictures = [(read(file).rgb * 255).astype(np.uint8) for file in files]
    while True:
        batch = []
        for index in generator.integers(len(pictures), size=options.batch):
            picture = pictures[index]
            short = min(picture.shape[:2])
            # From a small part of the picture at its own scale to all of it.
            side = round(short * generator.uniform(min(1.0, options.crop / short), 1.0) ** 1.5)
            side = int(np.clip(side, min(short, options.crop // 2), short))
            top, left = (int(generator.integers(length - side + 1)) for length in picture.shape[:2])
            part = picture[top : top + side, left : left + side].astype(np.float32) / 255
            part = resize(part, options.crop, options.crop)
            part = part[:, ::-1] if generator.random() < 0.5 else part
            if generator.random() < 0.5:
                gain, shift = generator.uniform(0.7, 1.3, 3), generator.uniform(-0.1, 0.1)
                part = np.clip(part * gain.astype(np.float32) + np.float32(shift), 0, 1)
            batch.append(part)
        yield jnp.asarray(np.stack(batch))


def sample(activations: dict[str, jax.Array]) -> dict[str, jax.Array]:
    """Every so many-th position of each tap; shallow layers have more than are needed."""
    return {tap: values[:, :: TAPS[tap][1], :: TAPS[tap][1]] for tap, values in activations.items()}


def loss_of(parameters: Any, statistics: Any, x: jax.Array, targets: dict[str, jax.Array], gram_weight: float) -> Any:
    """The weighted sum over taps, and each tap's unexplained variance."""
    network, heads = parameters
    features = sample(network(x, tuple(targets)))
    total, unexplained = jnp.zeros(()), {}
    for tap, target in targets.items():
        mean, deviation = statistics[tap]
        target = (target.astype(jnp.float32) - mean) / deviation
        prediction = features[tap] @ heads[tap]["kernel"] + heads[tap]["bias"].reshape(1, 1, 1, -1)
        unexplained[tap] = jnp.mean((prediction - target) ** 2)
        grams = [jax.vmap(gram_matrix)(values) for values in (prediction, target)]
        gram_error = jnp.sum((grams[0] - grams[1]) ** 2) / jnp.sum(grams[1] ** 2)
        total += TAPS[tap][0] * (unexplained[tap] + gram_weight * gram_error)
    return total, unexplained


def normalised(weights: NetworkWeights, pictures: jax.Array) -> NetworkWeights:
    """The same network with each channel's mean activation over the pictures made 1, as Gatys et al. 2015 did.

    A ReLU passes a positive factor through, so a kernel's output may be scaled if the next kernel's input is scaled
    back: nothing but the unit of each channel changes.
    """
    activations = VGG19(weights)(pictures, [name.replace("conv", "relu") for name in weights.convolutions])
    convolutions = {}
    before = np.ones(3, np.float32)
    for name, (kernel, bias) in weights.convolutions.items():
        mean = np.asarray(activations[name.replace("conv", "relu")]).mean((0, 1, 2))
        # A channel that hardly ever speaks must not be blown up until it outshouts the others.
        least = 0.05 * np.median(mean[mean > 0]) if (mean > 0).any() else 1
        after = np.maximum(mean, least).astype(np.float32)
        convolutions[name] = (kernel * before.reshape(1, 1, -1, 1) / after, bias / after)
        before = after
    return dataclasses.replace(weights, convolutions=convolutions)


def student_weights(network: VGG19, name: str) -> NetworkWeights:
    """The parameters of a trained network as arrays."""
    arrays = {
        layer: (np.asarray(module.kernel[...]), np.asarray(module.bias[...]))
        for layer, module in sorted(network.convolutions.items(), key=lambda item: CONVOLUTIONS.index(item[0]))
    }
    return NetworkWeights(name, arrays, network.preprocessing)


def teach_with(paths: tuple[Path, ...]) -> Teacher:
    """All teachers as one: for each tap the first that has it, where it is looked at, in half precision."""
    teachers = [teacher_of(path) for path in paths]

    def teach(x: jax.Array) -> Activations:
        found: Activations = {}
        for taps, teacher in teachers:
            found = {tap: values for tap, values in teacher(x).items() if tap in taps} | found
        return {tap: values.astype(jnp.bfloat16) for tap, values in sample(found).items()}

    return jax.jit(teach)


def statistics_of(batches: list[Activations]) -> dict[str, tuple[jax.Array, jax.Array]]:
    """Mean and standard deviation of each teacher channel."""
    statistics = {}
    for tap in batches[0]:
        values = jnp.concatenate(
            [batch[tap].astype(jnp.float32).reshape(-1, batch[tap].shape[-1]) for batch in batches]
        )
        deviation = values.std(0)
        # A channel that hardly ever speaks must not be blown up.
        deviation = jnp.maximum(deviation, 0.05 * jnp.median(deviation))
        statistics[tap] = (values.mean(0).reshape(1, 1, 1, -1), deviation.reshape(1, 1, 1, -1))
    return statistics


def first_parameters(statistics: dict[str, tuple[jax.Array, jax.Array]], options: Options) -> Any:
    """A student of random filters, or as it was left, and random heads."""
    seed = options.seed
    start = hdf5.read(options.start) if options.start else random_network(seed=seed)
    kept = {name: start.convolutions[name] for name in STUDENT_LAYERS}
    generator = np.random.default_rng(seed)
    heads = {}
    for tap, (mean, _) in statistics.items():
        channels = kept[tap.replace("relu", "conv")][1].size
        kernel = generator.normal(0, channels**-0.5, (channels, mean.size)).astype(np.float32)
        heads[tap] = {"kernel": jnp.asarray(kernel), "bias": jnp.zeros(mean.size)}
    return VGG19(dataclasses.replace(start, convolutions=kept)), heads


class Checkpoint:
    """The state of a training on disk, replaced whole."""

    def __init__(self, path: Path):
        self._path = path

    def load(self, like: Any) -> tuple[Any, int, float]:
        """The state, the steps and the minutes done; what was given, and zeros, if there is none."""
        if not self._path.exists():
            return like, 0, 0.0
        with np.load(self._path) as file:
            leaves = [jnp.asarray(file[f"leaf_{index}"]) for index in range(len(jax.tree.leaves(like)))]
            return jax.tree.unflatten(jax.tree.structure(like), leaves), int(file["steps"]), float(file["minutes"])

    def save(self, state: Any, steps: int, minutes: float) -> None:
        """Writes it."""
        leaves = {f"leaf_{index}": np.asarray(leaf) for index, leaf in enumerate(jax.tree.leaves(state))}
        with replacing(self._path) as temporary:
            np.savez(temporary, allow_pickle=False, steps=steps, minutes=minutes, **leaves)


def distil(options: Options) -> None:
    """Trains, and writes the network, a log of the validation figures and a checkpoint."""
    training, held_back = split(options.pictures)
    generator = np.random.default_rng(options.seed)
    source = crops(training, options, generator)
    teach = teach_with(options.teachers)
    validation_source = crops(held_back, options, np.random.default_rng(1))
    validation = [(x, teach(x)) for x in (next(validation_source) for _ in range(6))]
    statistics = statistics_of([teach(next(source)) for _ in range(8)])
    solver = optax.chain(optax.clip_by_global_norm(1.0), optax.scale_by_adam(), optax.add_decayed_weights(1e-4))

    @jax.jit
    def step(state: Any, x: jax.Array, targets: Activations, rate: jax.Array) -> Any:
        parameters, memory = state
        gradient, _ = jax.grad(loss_of, has_aux=True)(parameters, statistics, x, targets, options.gram_weight)
        update, memory = solver.update(gradient, memory, parameters)
        return optax.apply_updates(parameters, jax.tree.map(lambda value: -rate * value, update)), memory

    @jax.jit
    def check(parameters: Any, x: jax.Array, targets: Activations) -> Any:
        return loss_of(parameters, statistics, x, targets, options.gram_weight)[1]

    parameters = first_parameters(statistics, options)
    checkpoint = Checkpoint(options.output.with_suffix(".checkpoint.npz"))
    state, steps, spent = checkpoint.load((parameters, solver.init(parameters)))
    pool: list[tuple[jax.Array, Activations]] = []
    began, reported = time.monotonic(), spent
    columns = (*Progress.get_default_columns(), TimeElapsedColumn(), TextColumn("{task.fields[figures]}"))
    with Progress(*columns) as bar:
        task = bar.add_task("distilling", total=options.minutes, figures="")
        done = False
        while not done:
            minutes = spent + (time.monotonic() - began) / 60
            done = minutes >= options.minutes
            if steps % options.replay == 0 or len(pool) < 8:
                x = next(source)
                pool = [*pool[1 - POOL :], (x, teach(x))]
            warm_up = min(1.0, (steps + 1) / 200)
            decay = 0.5 * (1 + np.cos(np.pi * min(1.0, minutes / max(options.minutes, 1e-9))))
            rate = jnp.asarray(options.learning_rate * warm_up * decay, jnp.float32)
            state = step(state, *pool[generator.integers(len(pool))], rate)
            steps += 1
            bar.update(task, completed=minutes)
            if done or minutes - reported >= REPORT_MINUTES:
                reported = minutes
                figures = [check(state[0], *batch) for batch in validation]
                explained = {tap: round(float(1 - np.mean([each[tap] for each in figures])), 4) for tap in figures[0]}
                bar.update(task, figures=" ".join(f"{tap} {value:.3f}" for tap, value in explained.items()))
                with options.output.with_suffix(".log").open("a") as log:
                    log.write(json.dumps({"minutes": round(minutes, 1), "steps": steps, "explained": explained}) + "\n")
                checkpoint.save(state, steps, minutes)
    weights = student_weights(state[0][0], "VGG-19 slim")
    hdf5.write(options.output, normalised(weights, jnp.concatenate([next(source) for _ in range(8)])))


if __name__ == "__main__":
    try:
        distil(tyro.cli(Options))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
