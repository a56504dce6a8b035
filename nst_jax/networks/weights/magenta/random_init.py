"""Magenta's network with seeded random parameters, for tests and to try the file format without the published files."""

import numpy as np

from nst_jax.networks.weights.magenta.checkpoint import from_tensors, tensor_names
from nst_jax.networks.weights.magenta.layers import Layer, Predictor
from nst_jax.networks.weights.magenta.parameters import MagentaWeights, network_layers


def random_tensors(
    predictor: Predictor, width: float = 1, predictor_width: float = 1, seed: int = 0
) -> dict[str, np.ndarray]:
    """Draw the tensors of a checkpoint, by their names there, float32.

    Kernels have the variance 2 / inputs of each output (He et al. 2015), so that activations keep their scale; moving
    averages and biases are drawn too, so that nothing is multiplied by one or added as zero.

    Args:
        predictor: the kind of the style predictor.
        width: the width of the transformer.
        predictor_width: the width of the predictor.
        seed: the same seed gives the same numbers on every machine and with every numpy version.
    """
    generator = np.random.RandomState(seed)
    tensors = {}
    for layer in network_layers(predictor, width, predictor_width):
        for role, name in tensor_names(layer).items():
            tensors[name] = _draw(generator, layer, role).astype(np.float32)
    return tensors


def random_network(predictor: Predictor, width: float = 1, predictor_width: float = 1, seed: int = 0) -> MagentaWeights:
    """Draw the parameters of a network; see `random_tensors`. They are float64, as exact as folding makes them."""
    tensors = random_tensors(predictor, width, predictor_width, seed)
    name = f"random {predictor} (seed {seed})"
    return from_tensors(tensors, name, name, predictor_width=predictor_width)


def _draw(generator: np.random.RandomState, layer: Layer, role: str) -> np.ndarray:
    if role == "kernel":
        inputs = layer.kernel[0] * layer.kernel[1] * (1 if layer.is_depthwise else layer.inputs)
        return generator.standard_normal(layer.shape) * np.sqrt(2 / inputs)
    if role in ("gamma", "variance"):
        return generator.uniform(0.5, 1.5, layer.outputs)
    return generator.standard_normal(layer.outputs) * 0.1
