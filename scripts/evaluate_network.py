"""How well a small network stands in for VGG-19: `python scripts/evaluate_network.py NETWORK TEACHER PICTURES`.

Two figures, on pictures that `scripts/distill.py` keeps back from training:

- read-out: the best linear prediction of the teacher's activations from the network's, fitted on training pictures; its
  correlation with the truth, median over the teacher's channels;
- transfer: how far stylising with the network lowers the *teacher's* style loss, against stylising with the teacher
  itself, each layer relative to the content picture's own loss.
"""

import argparse
import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from distill import split

import nst_jax
from nst_jax.images import fitted_size, read, resize
from nst_jax.losses import gram_matrix, gram_style_loss
from nst_jax.vgg import VGG19
from nst_jax.weights import NetworkWeights, hdf5
from nst_jax.weights.convert import convert

# Layers, and of how many positions along each axis one is looked at.
TAPS = {"relu1_1": 4, "relu2_1": 2, "relu3_1": 1, "relu3_4": 1}
STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1")
READ_OUT_SIZE, TRANSFER_SIZE, TRANSFER_STEPS = 256, 256, 150


def picture(path: Path, size: int) -> np.ndarray:
    """A picture with its long side as given."""
    rgb = read(path).rgb
    return resize(rgb, *fitted_size(rgb.shape, size))


def activations(network: VGG19, pictures: list[np.ndarray], tap: str) -> np.ndarray:
    """The activations of one layer at some positions of all pictures, (positions, channels), float64."""
    apply = jax.jit(lambda network, x: network(x, [tap])[tap][:: TAPS[tap], :: TAPS[tap]])
    values = [np.asarray(apply(network, jnp.asarray(rgb)), np.float64) for rgb in pictures]
    return np.concatenate([value.reshape(-1, value.shape[-1]) for value in values])


def read_out(student: VGG19, teacher: VGG19, training: list[np.ndarray], unseen: list[np.ndarray], tap: str) -> float:
    """The median correlation of the linear read-out with the teacher's channels."""

    def with_constant(values: np.ndarray) -> np.ndarray:
        return np.concatenate([values, np.ones((len(values), 1))], axis=1)

    inputs, outputs = with_constant(activations(student, training, tap)), activations(teacher, training, tap)
    products = inputs.T @ inputs
    ridge = 1e-6 * np.trace(products) / len(products) * np.eye(len(products))
    weights = np.linalg.solve(products + ridge, inputs.T @ outputs)
    predicted, truth = with_constant(activations(student, unseen, tap)) @ weights, activations(teacher, unseen, tap)
    speaking = truth.std(0) > 1e-3
    pairs = zip(predicted.T[speaking], truth.T[speaking], strict=True)
    return float(np.median([np.corrcoef(one, other)[0, 1] for one, other in pairs]))


def relative_style_losses(teacher: VGG19, result: np.ndarray, content: np.ndarray, style: np.ndarray) -> np.ndarray:
    """The teacher's style loss of the result in each layer, over that of the content."""
    grams = [
        {name: gram_matrix(values) for name, values in teacher(jnp.asarray(rgb), STYLE_LAYERS).items()}
        for rgb in (result, content, style)
    ]
    return np.array(
        [
            float(gram_style_loss(grams[0][name], grams[2][name]) / gram_style_loss(grams[1][name], grams[2][name]))
            for name in STYLE_LAYERS
        ]
    )


def transfer(network: NetworkWeights, teacher: NetworkWeights, content: Path, style: Path) -> float:
    """The part of the teacher's own decrease that stylising with the network reaches, mean over layers."""
    rgb_content, rgb_style = picture(content, TRANSFER_SIZE), picture(style, TRANSFER_SIZE)
    recipe = nst_jax.Recipe(
        size=TRANSFER_SIZE, steps=TRANSFER_STEPS, content_layers=("relu3_2",), style_layers=STYLE_LAYERS
    )
    module = VGG19(teacher)
    decreases = []
    for weights in (network, teacher):
        result = nst_jax.stylize(rgb_content, rgb_style, recipe, network=weights).picture
        decreases.append(np.mean(1 - relative_style_losses(module, result, rgb_content, rgb_style)))
    return float(decreases[0] / decreases[1])


def main() -> None:
    """Prints the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("network", type=Path, help="the HDF5 file to judge")
    parser.add_argument("teacher", type=Path, help="the pretrained VGG-19, or its first convolutions")
    parser.add_argument("pictures", type=Path, help="the folder that the network was trained on")
    parser.add_argument("--pairs", type=int, default=6)
    options = parser.parse_args()
    network, teacher = hdf5.read(options.network), convert(options.teacher)
    training, unseen = split(options.pictures)
    photographs = [path for path in unseen if "photo" in str(path.parent)][:20]
    paintings = [path for path in unseen if "painting" in str(path.parent)][:10]
    chosen = [training[index] for index in np.random.default_rng(0).permutation(len(training))[:80]]
    known, new = ([picture(path, READ_OUT_SIZE) for path in paths] for paths in (chosen, photographs + paintings))
    student, module = VGG19(network), VGG19(teacher)
    for tap in TAPS:
        print(json.dumps({"read-out": tap, "median correlation": round(read_out(student, module, known, new, tap), 4)}))
    reached = []
    for content, style in list(zip(photographs, paintings, strict=False))[: options.pairs]:
        reached.append(transfer(network, teacher, content, style))
        print(
            json.dumps({"transfer": [content.name, style.name], "of the teacher's": round(reached[-1], 4)}), flush=True
        )
    print(json.dumps({"transfer, mean": round(float(np.mean(reached)), 4), "least": round(min(reached), 4)}))


if __name__ == "__main__":
    main()
