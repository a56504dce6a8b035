"""Evaluate how well a small network replaces VGG-19.

`python scripts/evaluate_network.py NETWORK PICTURES --teachers FILE [FILE ...]` prints two measures on the pictures
that `scripts/distill.py` holds out from training:

- read-out: a linear prediction of a teacher's activations from the network's is fitted by least squares on training
  pictures; the measure is its correlation with the true activations, median over the teacher's channels.
- transfer: how much stylizing with the network lowers the *first* teacher's style loss, divided by how much stylizing
  with that teacher itself lowers it. The loss of each layer is taken relative to the loss of the content picture.
"""

import dataclasses
import json
import sys
from pathlib import Path
from typing import Annotated

import jax
import jax.numpy as jnp
import numpy as np
import tyro

import nst_jax
from nst_jax.cli.program import run_script
from nst_jax.images.picture import RGB
from nst_jax.images.reading import read
from nst_jax.images.resizing import cover, fitted_size, resize
from nst_jax.losses.gram import gram_matrix, gram_style_loss
from nst_jax.networks.vgg import VGG
from nst_jax.networks.weights import NetworkWeights, hdf5
from nst_jax.networks.weights.convert import convert
from nst_jax.training import teachers
from nst_jax.training.data import split
from nst_jax.training.taps import TAPS, sampled

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1")
# Number of training images that the read-out is fitted on.
FITTED_ON = 80


@dataclasses.dataclass(frozen=True)
class Command:
    """Evaluate a small network on pictures that were not used for its training."""

    network: Annotated[Path, tyro.conf.Positional]
    """The network to evaluate (HDF5, .h5)."""

    pictures: Annotated[Path, tyro.conf.Positional]
    """The folder of pictures that it was trained on; every tenth, which training held out, is used for evaluation.
    Photographs must be in a subfolder with "photo" in its name, paintings in one with "painting"."""

    teachers: tuple[Path, ...]
    """Weight files of its teachers; the first must be the pretrained VGG-19 or its first convolutions."""

    size: int = 256
    """Long side of the pictures in pixels; larger pictures take more time and memory."""

    pairs: int = 6
    """Number of pairs of a photograph and a painting to stylize, at most 10; 0 skips the transfer measure."""

    steps: int = 150
    """Number of evaluations of the loss and its gradient in each stylization; more take longer and converge further."""


def fitted(path: Path, size: int) -> RGB:
    """Read an image and resize it to the given long side, in pixels."""
    rgb = read(path).rgb
    return resize(rgb, *fitted_size(rgb.shape, size))


def square(path: Path, size: int) -> RGB:
    """Read the central square of an image, resized to `size` pixels, so that each network is compiled only once."""
    return cover(read(path).rgb, size, size)


def activations(network: teachers.Teacher, pictures: list[RGB]) -> dict[str, np.ndarray]:
    """Collect a subsample of a network's activations over all images.

    Returns:
        {layer: (positions, channels) float64}.
    """
    apply = jax.jit(lambda x: sampled(network(x)))
    rows: dict[str, list[np.ndarray]] = {}
    for rgb in pictures:
        for tap, values in apply(jnp.asarray(rgb[None])).items():
            rows.setdefault(tap, []).append(np.asarray(values).reshape(-1, values.shape[-1]))
    return {tap: np.concatenate(values).astype(np.float64) for tap, values in rows.items()}


def median_correlation(known: tuple[np.ndarray, np.ndarray], new: tuple[np.ndarray, np.ndarray]) -> float:
    """Fit a linear read-out and compute the correlation of its predictions with the true outputs.

    Args:
        known: (inputs, outputs) to fit on, arrays of shape (positions, channels).
        new: (inputs, outputs) to evaluate on.

    Returns:
        The median over the output channels, without channels that are almost constant.
    """

    def with_constant(values: np.ndarray) -> np.ndarray:
        return np.concatenate([values, np.ones((len(values), 1))], axis=1)

    inputs = with_constant(known[0])
    products = inputs.T @ inputs
    ridge = 1e-6 * np.trace(products) / len(products) * np.eye(len(products))
    predicted = with_constant(new[0]) @ np.linalg.solve(products + ridge, inputs.T @ known[1])
    varying = new[1].std(0) > 1e-3
    pairs = zip(predicted.T[varying], new[1].T[varying], strict=True)
    return float(np.median([np.corrcoef(one, other)[0, 1] for one, other in pairs]))


def relative_style_losses(teacher: VGG, result: RGB, content: RGB, style: RGB) -> np.ndarray:
    """Compute the teacher's style loss of the result divided by that of the content, for each style layer."""
    grams = [
        {name: gram_matrix(values) for name, values in teacher(jnp.asarray(rgb), STYLE_LAYERS).items()}
        for rgb in (result, content, style)
    ]
    losses = [[gram_style_loss(gram[name], grams[2][name]) for gram in grams[:2]] for name in STYLE_LAYERS]
    return np.array([float(result_loss / content_loss) for result_loss, content_loss in losses])


def transfer(network: NetworkWeights, teacher: NetworkWeights, content: RGB, style: RGB, steps: int) -> float:
    """Compare stylizing with the network to stylizing with the teacher.

    Returns:
        The decrease of the teacher's relative style loss (mean over layers) that the network's result reaches, divided
        by the decrease that the teacher's own result reaches.
    """
    recipe = nst_jax.Recipe(
        size=max(content.shape), steps=steps, scales=1, content_layers=("relu3_2",), style_layers=STYLE_LAYERS
    )
    decreases = []
    for weights in (network, teacher):
        result = nst_jax.stylize(content, style, recipe, network=weights).picture
        decreases.append(np.mean(1 - relative_style_losses(VGG.of(teacher), result, content, style)))
    return float(decreases[0] / decreases[1])


def main(command: Command) -> None:
    """Print the measures as JSON, one line each."""
    weights = hdf5.read(command.network)
    training, held_out = split(command.pictures)
    photographs = [path for path in held_out if "photo" in path.parent.name][:20]
    paintings = [path for path in held_out if "painting" in path.parent.name][:10]
    fitted_on = [training[index] for index in np.random.default_rng(0).permutation(len(training))[:FITTED_ON]]
    known, new = ([square(path, command.size) for path in paths] for paths in (fitted_on, photographs + paintings))
    print(json.dumps({"photographs": len(photographs), "paintings": len(paintings), "size": command.size}))
    module = VGG.of(weights)
    inputs = [activations(lambda x: module(x, tuple(TAPS)), pictures) for pictures in (known, new)]
    for path in command.teachers:
        outputs = [activations(teachers.read(path)[1], pictures) for pictures in (known, new)]
        for tap in outputs[0]:
            value = median_correlation((inputs[0][tap], outputs[0][tap]), (inputs[1][tap], outputs[1][tap]))
            print(json.dumps({"read-out": tap, "of": path.name, "median correlation": round(value, 4)}), flush=True)
    transfers, teacher = [], convert(command.teachers[0])
    for content, style in list(zip(photographs, paintings, strict=False))[: command.pairs]:
        rgb_content, rgb_style = (fitted(path, command.size) for path in (content, style))
        transfers.append(transfer(weights, teacher, rgb_content, rgb_style, command.steps))
        names = [content.name, style.name]
        print(json.dumps({"transfer": names, "of the teacher's": round(transfers[-1], 4)}), flush=True)
    if transfers:
        print(json.dumps({"transfer, mean": round(float(np.mean(transfers)), 4), "least": round(min(transfers), 4)}))


if __name__ == "__main__":
    sys.exit(run_script(lambda: main(tyro.cli(Command))))
