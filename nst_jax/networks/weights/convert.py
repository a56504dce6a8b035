"""Conversion of VGG-19 weight files from PyTorch, safetensors, numpy and Keras."""

import dataclasses
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nst_jax.errors import InputError
from nst_jax.networks.weights import hdf5
from nst_jax.networks.weights.hdf5 import require_file
from nst_jax.networks.weights.parameters import Convolutions, NetworkWeights, Preprocessing, validate_convolutions
from nst_jax.networks.weights.pretrained import PRETRAINED_NAME, is_pretrained_vgg19
from nst_jax.recipes.vgg_layers import CONVOLUTIONS

# Indices of the convolutions in torchvision's `features`; ReLUs and poolings have the indices between.
_TORCHVISION_INDICES = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)
_VGG16_INDICES = {0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28}


def convert(source: Path, preprocessing: Preprocessing | None = None) -> NetworkWeights:
    """Read a VGG-19 from a `.pth`/`.pt` state dict, a `.safetensors`, a `.npz`, a Keras `.h5` or one of our `.h5`.

    Tensors may have the names of torchvision (`features.0.weight`), of Gatys (`conv1_1.weight`) or of Keras
    (`block1_conv1.kernel`); PyTorch's kernels (out, in, 3, 3) are transposed to (3, 3, in, out). HDF5 files written by
    nst-jax keep their name, input convention and pooling; networks from other files have max pooling.

    Args:
        source: the file.
        preprocessing: the input convention. The pretrained Caffe network is recognized by its values and always has
            "caffe". None takes the convention recorded in the file (in HDF5 files written by nst-jax), or torchvision's
            for PyTorch names; Keras's names imply none.

    Raises:
        InputError: if the file cannot be read, is not a VGG-19, or if its input convention is unknown.
    """
    implied: Preprocessing | None = None
    if source.suffix in (".h5", ".hdf5"):
        convolutions, attributes = hdf5.read_convolutions(source)
        if "preprocessing" in attributes:
            weights = hdf5.read(source)
            if preprocessing is None or is_pretrained_vgg19(weights.convolutions, str(source)):
                return weights
            return dataclasses.replace(weights, preprocessing=preprocessing)
    else:
        convolutions, implied = _convolutions(read_tensors(source), source)
    parameters = validate_convolutions(convolutions, str(source))
    if is_pretrained_vgg19(parameters, str(source)):
        return NetworkWeights(PRETRAINED_NAME, parameters, "caffe")
    convention = preprocessing or implied
    if convention is None:
        raise InputError(
            f"Nothing in {source} says which input it was trained on; give --preprocessing caffe or torchvision."
        )
    return NetworkWeights(f"VGG-19 ({source.stem})", parameters, convention)


def _convolutions(tensors: Mapping[str, np.ndarray], source: Path) -> tuple[Convolutions, Preprocessing | None]:
    """Map layer names to kernels and biases, and return the input convention that the tensor names imply."""
    if any("running_mean" in name for name in tensors):
        raise InputError(f"{source} is a VGG with batch normalization; the plain VGG-19 is needed.")
    indices = {int(match[1]) for name in tensors if (match := re.search(r"features\.(\d+)\.weight$", name))}
    if indices == _VGG16_INDICES:
        raise InputError(f"{source} holds a VGG-16; a VGG-19, with four convolutions in blocks 3 to 5, is needed.")
    convolutions = {}
    implied: Preprocessing | None = None
    for name, kernel in tensors.items():
        if (layer := _layer_name(name)) is None:
            continue
        bias = tensors.get(re.sub(r"(weight|kernel)$", "bias", name))
        if bias is None:
            raise InputError(f"{source} is incomplete: {name} has no bias beside it.")
        if name.endswith("weight"):
            implied = "torchvision"
            kernel = kernel.transpose(2, 3, 1, 0) if kernel.ndim == 4 else kernel
        convolutions[layer] = (kernel, bias)
    return convolutions, implied


def _layer_name(name: str) -> str | None:
    """Return the name of the layer whose kernel tensor is called `name`, or None for other tensors.

    Names with an unexpected index in `features` are returned unchanged, so that validation reports them.
    """
    if match := re.search(r"(?:^|\.)features\.(\d+)\.weight$", name):
        index = int(match[1])
        return CONVOLUTIONS[_TORCHVISION_INDICES.index(index)] if index in _TORCHVISION_INDICES else name
    match = re.search(r"(?:^|\.)(?:block)?(?:conv)?(\d)_(?:conv)?(\d)\.(?:weight|kernel)$", name)
    return f"conv{match[1]}_{match[2]}" if match else None


def read_tensors(source: Path) -> Mapping[str, np.ndarray]:
    """Read all tensors of a `.npz`, `.safetensors`, `.pth` or `.pt` file by their names.

    Raises:
        InputError: if the file cannot be read or is of another kind.
    """
    if source.suffix == ".npz":
        require_file(source, b"PK\x03\x04", "a numpy .npz file")
        with source.open("rb") as file:  # numpy would not close a broken archive
            arrays = load_or_raise(source, lambda: dict(np.load(file, allow_pickle=False)))
        return {name: array for name, array in arrays.items() if isinstance(array, np.ndarray)}
    if source.suffix == ".safetensors":
        require_file(source, b"", "a safetensors file")
        from safetensors.numpy import load_file

        return load_or_raise(source, lambda: load_file(source))
    if source.suffix in (".pth", ".pt"):
        require_file(source, b"", "a PyTorch file")
        return _read_torch(source)
    raise InputError(
        f"{source} is of an unknown kind; give a .pth, .safetensors, .npz or .h5 file, or magenta's checkpoint "
        "or its two .tflite files."
    )


def _read_torch(source: Path) -> Mapping[str, np.ndarray]:
    try:
        import torch
    except ImportError as error:
        raise InputError(
            f"Reading {source} needs PyTorch, which is not installed; install torch, or take a .safetensors file."
        ) from error
    state = load_or_raise(source, lambda: torch.load(source, map_location="cpu", weights_only=True))
    state = state.get("state_dict", state)
    return {name: tensor.float().numpy() for name, tensor in state.items() if isinstance(tensor, torch.Tensor)}


def load_or_raise(source: Path, load: Callable[[], Any]) -> Any:
    """Call a reader, and report whatever it raises as damage to its file."""
    try:
        return load()
    except Exception as error:  # each reader raises different exceptions for invalid files
        raise InputError(f"{source} is damaged or not a {source.suffix} file ({error}); get it again.") from error
