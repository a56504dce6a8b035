"""Parameters of magenta's network as plain arrays, and their validation."""

import dataclasses
import functools
import hashlib
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from nst_jax.errors import InputError
from nst_jax.networks.weights.magenta.inception_v3 import inception_v3_blocks
from nst_jax.networks.weights.magenta.layers import (
    ENCODER_END,
    ENCODER_END_CHANNELS,
    Layer,
    Predictor,
    bottleneck_layer,
    style_layers,
    transformer_layers,
)
from nst_jax.networks.weights.magenta.mobilenet_v2 import mobilenet_v2_blocks

# Both predictors and the transformer take RGB in [0, 1] as it is.
MagentaPreprocessing = Literal["0-1"]
Convolutions = Mapping[str, tuple[np.ndarray, np.ndarray]]


@dataclasses.dataclass(frozen=True, eq=False)
class MagentaWeights:
    """The parameters of the predictor, the transformer and the linear maps between them.

    Batch normalizations are folded into the convolutions before them.

    Attributes:
        name: the name of the network in messages and in the metadata of images.
        predictor: the kind of the style predictor.
        width: the width of the transformer: 1 as published, 0.25 for the small version.
        convolutions: {scope in checkpoints: (kernel, bias)}; the kernel has the shape `Layer.shape`, the bias
            (outputs,).
        predictor_width: the width of the predictor: 1 as published; others are for tests.
        preprocessing: what the network expects as input.
    """

    name: str
    predictor: Predictor
    width: float
    convolutions: Mapping[str, tuple[Any, Any]]
    predictor_width: float = 1.0
    preprocessing: MagentaPreprocessing = "0-1"

    @functools.cached_property
    def sha256(self) -> str:
        """The SHA-256 of all layer names, kernels and biases in order, independent of the file format."""
        digest = hashlib.sha256()
        for layer, (kernel, bias) in self.convolutions.items():
            digest.update(layer.encode())
            digest.update(np.asarray(kernel, "<f4").tobytes())
            digest.update(np.asarray(bias, "<f4").tobytes())
        return digest.hexdigest()


def predictor_layers(predictor: Predictor, width: float = 1) -> tuple[Layer, ...]:
    """Return the convolutions of a predictor in their order, the bottleneck last."""
    if predictor == "inception_v3":
        blocks = inception_v3_blocks(width)
        layers = [layer for block in blocks for branch in block.branches for layer in branch.layers]
        features = sum(branch.layers[-1].outputs for branch in blocks[-1].branches)
    else:
        layers = [layer for block in mobilenet_v2_blocks(width) for layer in block.layers]
        features = layers[-1].outputs
    return (*layers, bottleneck_layer(predictor, features))


def network_layers(predictor: Predictor, width: float, predictor_width: float = 1) -> tuple[Layer, ...]:
    """Return all convolutions of a network: of the predictor, of the style parameters and of the transformer."""
    return (*predictor_layers(predictor, predictor_width), *style_layers(width), *transformer_layers(width))


def transformer_width(kernel: np.ndarray | None, source: str) -> float:
    """Tell the width of a transformer from the kernel of the last layer of its encoder.

    Args:
        kernel: (3, 3, inputs, outputs), or None if the file does not have it.
        source: the name of the file in messages.

    Raises:
        InputError: if it is missing or no such kernel.
    """
    if kernel is None:
        raise InputError(f"{source} holds no transformer of magenta's network ({ENCODER_END}); it is some other file.")
    # At a width below 4 / 128 the first layer would have no channels.
    if np.ndim(kernel) != 4 or kernel.shape[-1] < 4:
        raise InputError(f"{source} is no network of magenta: {ENCODER_END} has a kernel of shape {kernel.shape}.")
    return kernel.shape[-1] / ENCODER_END_CHANNELS


def validate(convolutions: Convolutions, layers: tuple[Layer, ...], source: str) -> dict[str, tuple[Any, Any]]:
    """Check names, shapes, dtypes and finiteness, and return the convolutions in the order of `layers`.

    Args:
        convolutions: (kernel, bias) by scope in any order.
        layers: what is expected.
        source: the name of the file in messages.

    Raises:
        InputError: if something is missing, unknown, of another shape, or not finite.
    """
    names = [layer.scope for layer in layers]
    missing = [name for name in names if name not in convolutions]
    if missing:
        raise InputError(
            f"{source} lacks {missing[0]}" + (f" and {len(missing) - 1} more layers" if missing[1:] else "") + " of "
            "magenta's network; it is incomplete or some other file."
        )
    unknown = sorted(set(convolutions) - set(names))
    if unknown:
        raise InputError(f"{source} holds a layer that magenta's network does not have: {unknown[0]}.")
    result = {}
    for layer in layers:
        kernel, bias = (np.asarray(value) for value in convolutions[layer.scope])
        if kernel.shape != layer.shape or bias.shape != (layer.outputs,):
            raise InputError(
                f"{source} is no network of magenta: {layer.scope} has a kernel of shape {kernel.shape} and a bias of "
                f"shape {bias.shape} where {layer.shape} and ({layer.outputs},) are expected."
            )
        for values in (kernel, bias):
            if not np.issubdtype(values.dtype, np.floating):
                raise InputError(f"{source} is damaged: {layer.scope} holds {values.dtype} where floats are expected.")
            if not np.isfinite(values).all():
                raise InputError(
                    f"{source} is damaged: {layer.scope} holds values that are not finite; get the file again."
                )
        if not kernel.any():
            raise InputError(f"{source} is damaged: the kernel of {layer.scope} is all zero; get the file again.")
        result[layer.scope] = (kernel, bias)
    return result
