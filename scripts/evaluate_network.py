"""How well a small network stands in for VGG-19.

`python scripts/evaluate_network.py NETWORK PICTURES --teachers FILE [FILE ...]` prints two figures, found on pictures
that `scripts/distill.py` keeps back from training:

- read-out: the best linear prediction of a teacher's activations from the network's, fitted on training pictures; its
  correlation with the truth, median over the teacher's channels;
- transfer: how far stylizing with the network lowers the *first* teacher's style loss, against stylizing with that
  teacher itself, each layer relative to the content picture's own loss.
"""

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import jax
import jax.numpy as jnp
import numpy as np
import tyro

import nst_jax
from nst_jax.errors import exit_on_input_error
from nst_jax.images.picture import RGB
from nst_jax.images.reading import read
from nst_jax.images.resizing import cover, fitted_size, resize
from nst_jax.losses.gram import gram_matrix, gram_style_loss
from nst_jax.networks.vgg import VGG19
from nst_jax.networks.weights import NetworkWeights, hdf5
from nst_jax.networks.weights.convert import convert
from nst_jax.training import teachers
from nst_jax.training.data import split
from nst_jax.training.taps import TAPS, sampled

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1")
FITTED_ON = 80


@dataclasses.dataclass(frozen=True)
class Command:
    """Judge a small network on pictures that it has never seen."""

    network: Annotated[Path, tyro.conf.Positional]
    """The HDF5 file to judge."""

    pictures: Annotated[Path, tyro.conf.Positional]
    """The folder that it was trained on, with photographs in `photos` and paintings in `paintings`."""

    teachers: tuple[Path, ...]
    """The files that it learned from, the pretrained VGG-19 or its first convolutions first."""

    size: int = 256
    """Long side of the pictures in pixels."""

    pairs: int = 6
    """How many pairs to stylize; 0 leaves that out."""

    steps: int = 150
    """Evaluations for each."""


def fitted(path: Path, size: int) -> RGB:
    """A picture with its long side as given."""
    rgb = read(path).rgb
    return resize(rgb, *fitted_size(rgb.shape, size))


def square(path: Path, size: int) -> RGB:
    """The middle of a picture; all of one shape, so that each network is compiled once."""
    return cover(read(path).rgb, size, size)


def activations(network: teachers.Teacher, pictures: list[RGB]) -> dict[str, np.ndarray]:
    """Some activations of each tap over all pictures, {tap: (positions, channels)}."""
    apply = jax.jit(lambda x: sampled(network(x)))
    found: dict[str, list[np.ndarray]] = {}
    for rgb in pictures:
        for tap, values in apply(jnp.asarray(rgb[None])).items():
            found.setdefault(tap, []).append(np.asarray(values).reshape(-1, values.shape[-1]))
    return {tap: np.concatenate(values).astype(np.float64) for tap, values in found.items()}


def median_correlation(known: tuple[np.ndarray, np.ndarray], new: tuple[np.ndarray, np.ndarray]) -> float:
    """Of the linear read-out, fitted on known (inputs, outputs), with the outputs of new ones; the median channel's."""

    def with_constant(values: np.ndarray) -> np.ndarray:
        return np.concatenate([values, np.ones((len(values), 1))], axis=1)

    inputs = with_constant(known[0])
    products = inputs.T @ inputs
    ridge = 1e-6 * np.trace(products) / len(products) * np.eye(len(products))
    predicted = with_constant(new[0]) @ np.linalg.solve(products + ridge, inputs.T @ known[1])
    speaking = new[1].std(0) > 1e-3
    pairs = zip(predicted.T[speaking], new[1].T[speaking], strict=True)
    return float(np.median([np.corrcoef(one, other)[0, 1] for one, other in pairs]))


def relative_style_losses(teacher: VGG19, result: RGB, content: RGB, style: RGB) -> np.ndarray:
    """The teacher's style loss of the result in each layer, over that of the content."""
    grams = [
        {name: gram_matrix(values) for name, values in teacher(jnp.asarray(rgb), STYLE_LAYERS).items()}
        for rgb in (result, content, style)
    ]
    losses = [[gram_style_loss(gram[name], grams[2][name]) for gram in grams[:2]] for name in STYLE_LAYERS]
    return np.array([float(of_result / of_content) for of_result, of_content in losses])


def transfer(network: NetworkWeights, teacher: NetworkWeights, content: RGB, style: RGB, steps: int) -> float:
    """The part of the teacher's own decrease that stylizing with the network reaches, mean over layers."""
    recipe = nst_jax.Recipe(
        size=max(content.shape), steps=steps, scales=1, content_layers=("relu3_2",), style_layers=STYLE_LAYERS
    )
    decreases = []
    for weights in (network, teacher):
        result = nst_jax.stylize(content, style, recipe, network=weights).picture
        decreases.append(np.mean(1 - relative_style_losses(VGG19(teacher), result, content, style)))
    return float(decreases[0] / decreases[1])


def main(command: Command) -> None:
    """Prints the figures as JSON."""
    weights = hdf5.read(command.network)
    training, unseen = split(command.pictures)
    photographs = [path for path in unseen if "photo" in path.parent.name][:20]
    paintings = [path for path in unseen if "painting" in path.parent.name][:10]
    chosen = [training[index] for index in np.random.default_rng(0).permutation(len(training))[:FITTED_ON]]
    known, new = ([square(path, command.size) for path in paths] for paths in (chosen, photographs + paintings))
    print(json.dumps({"photographs": len(photographs), "paintings": len(paintings), "size": command.size}))
    module = VGG19(weights)
    inputs = [activations(lambda x: module(x, tuple(TAPS)), pictures) for pictures in (known, new)]
    for path in command.teachers:
        outputs = [activations(teachers.read(path)[1], pictures) for pictures in (known, new)]
        for tap in outputs[0]:
            value = median_correlation((inputs[0][tap], outputs[0][tap]), (inputs[1][tap], outputs[1][tap]))
            print(json.dumps({"read-out": tap, "of": path.name, "median correlation": round(value, 4)}), flush=True)
    reached, teacher = [], convert(command.teachers[0])
    for content, style in list(zip(photographs, paintings, strict=False))[: command.pairs]:
        rgb_content, rgb_style = (fitted(path, command.size) for path in (content, style))
        reached.append(transfer(weights, teacher, rgb_content, rgb_style, command.steps))
        names = [content.name, style.name]
        print(json.dumps({"transfer": names, "of the teacher's": round(reached[-1], 4)}), flush=True)
    if reached:
        print(json.dumps({"transfer, mean": round(float(np.mean(reached)), 4), "least": round(min(reached), 4)}))


if __name__ == "__main__":
    with exit_on_input_error():
        main(tyro.cli(Command))
