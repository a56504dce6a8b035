"""Parameters of a VGG-19 as plain arrays, and their validation."""

import dataclasses
import functools
import hashlib
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from nst_jax.errors import InputError
from nst_jax.recipes.vgg_layers import CONVOLUTIONS

Preprocessing = Literal["caffe", "torchvision"]
TrainedPooling = Literal["max", "avg"]
Convolutions = Mapping[str, tuple[np.ndarray, np.ndarray]]


@dataclasses.dataclass(frozen=True, eq=False)
class NetworkWeights:
    """A network's parameters with the input convention and the pooling with which they were trained.

    Attributes:
        name: the name of the network in messages and in the metadata of images.
        convolutions: {"conv1_1": (kernel (3, 3, in, out), bias (out,)), ...}, float32, consecutive from
            conv1_1 on.
        preprocessing: "caffe" (BGR, 0..255, mean subtracted) or "torchvision" (RGB, ImageNet mean and deviation).
        pooling: the 2x2 pooling with which it was trained, "max" or "avg".
    """

    name: str
    # While a network is trained, these are JAX arrays.
    convolutions: Mapping[str, tuple[Any, Any]]
    preprocessing: Preprocessing
    pooling: TrainedPooling = "max"

    # Cached, because it takes noticeable time for the full network and is read for each image of a folder.
    @functools.cached_property
    def sha256(self) -> str:
        """The SHA-256 of all layer names, kernels and biases in order, independent of the file format.

        A pooling other than max is included, because it makes a different network of the same parameters.
        """
        digest = hashlib.sha256()
        if self.pooling != "max":
            digest.update(self.pooling.encode())
        for layer, (kernel, bias) in self.convolutions.items():
            digest.update(layer.encode())
            digest.update(np.asarray(kernel, "<f4").tobytes())
            digest.update(np.asarray(bias, "<f4").tobytes())
        return digest.hexdigest()


def validate_convolutions(convolutions: Convolutions, source: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Check names, shapes, dtypes and finiteness, and return the convolutions in network order as float32.

    Args:
        convolutions: layers in any order; a network may end early but must not have gaps.
        source: the name of the file in messages.

    Raises:
        InputError: if this is not a VGG-19 of any width; the message says what was found instead.
    """
    if not convolutions:
        raise InputError(
            f"{source} holds no convolutions of a VGG-19 under names that are known: features.0.weight and .bias, "
            "conv1_1.weight, conv1_1.kernel or block1_conv1.kernel, and so on; or groups block1_conv1 in HDF5. Rename "
            "its arrays, or give another file."
        )
    if {"conv5_1", "conv5_3"} <= set(convolutions) and not {"conv3_4", "conv4_4", "conv5_4"} & set(convolutions):
        raise InputError(f"{source} holds a VGG-16; a VGG-19, with four convolutions in blocks 3 to 5, is needed.")
    unknown = sorted(set(convolutions) - set(CONVOLUTIONS))
    if unknown:
        raise InputError(f"{source} holds layers that VGG-19 does not have: {', '.join(unknown)}.")
    names = CONVOLUTIONS[: len(convolutions)]
    missing = [name for name in names if name not in convolutions]
    if missing:
        raise InputError(f"{source} lacks the layer {missing[0]}, though it has later ones; it is incomplete.")
    result = {}
    channels = 3
    for name in names:
        kernel, bias = (np.asarray(value) for value in convolutions[name])
        if kernel.ndim != 4 or kernel.shape[:3] != (3, 3, channels) or bias.shape != kernel.shape[3:]:
            raise InputError(
                f"{source} is no VGG-19: {name} has a kernel of shape {kernel.shape} and a bias of shape {bias.shape} "
                f"where (3, 3, {channels}, n) and (n,) are expected."
            )
        if not (np.issubdtype(kernel.dtype, np.floating) and np.issubdtype(bias.dtype, np.floating)):
            raise InputError(f"{source} is damaged: {name} holds {kernel.dtype} values where floats are expected.")
        kernel, bias = kernel.astype(np.float32), bias.astype(np.float32)
        if not (np.isfinite(kernel).all() and np.isfinite(bias).all()):
            raise InputError(f"{source} is damaged: {name} holds values that are not finite; get the file again.")
        if not kernel.any():
            raise InputError(f"{source} is damaged: the kernel of {name} is all zero; get the file again.")
        result[name] = (kernel, bias)
        channels = kernel.shape[3]
    return result
