"""Turns other programs' VGG-19 files into ours: torchvision, safetensors, numpy, Keras."""

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

# Where torchvision's `features` list has its convolutions; ReLUs and poolings take the numbers between.
_TORCHVISION_INDICES = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)
_VGG16_INDICES = {0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28}


def convert(source: Path, preprocessing: Preprocessing | None = None) -> NetworkWeights:
    """Reads a VGG-19 from a `.pth`/`.pt` state dict, a `.safetensors`, a `.npz` or a Keras `.h5` file.

    Tensors may be named as torchvision does (`features.0.weight`), as Gatys does (`conv1_1.weight`) or as Keras does
    (`block1_conv1.kernel`); PyTorch's kernels (out, in, 3, 3) are transposed to (3, 3, in, out).

    Args:
        source: the file.
        preprocessing: the input convention, where the file is neither the pretrained Caffe network (recognized by its
            values) nor one of ours. None means torchvision's for PyTorch names; Keras's names do not tell.

    Raises:
        InputError: when the file cannot be read or is no VGG-19.
    """
    if source.suffix in (".h5", ".hdf5"):
        convolutions, attributes = hdf5.read_convolutions(source)
        implied = attributes.get("preprocessing")
    else:
        convolutions, implied = _by_layer(_tensors(source), source)
    parameters = validate_convolutions(convolutions, str(source))
    if is_pretrained_vgg19(parameters, str(source)):
        return NetworkWeights(PRETRAINED_NAME, parameters, "caffe")
    convention = preprocessing or implied
    if convention is None:
        raise InputError(
            f"Nothing in {source} says which input it was trained on; give --preprocessing caffe or torchvision."
        )
    return NetworkWeights(f"VGG-19 ({source.stem})", parameters, convention)


def _by_layer(tensors: Mapping[str, np.ndarray], source: Path) -> tuple[Convolutions, Preprocessing | None]:
    """Kernels and biases by our layer names, and the input convention that the names imply."""
    if any("running_mean" in name for name in tensors):
        raise InputError(f"{source} is a VGG with batch normalization; the plain VGG-19 is needed.")
    indices = {int(match[1]) for name in tensors if (match := re.search(r"features\.(\d+)\.weight$", name))}
    if indices == _VGG16_INDICES:
        raise InputError(f"{source} holds a VGG-16; a VGG-19, with four convolutions in blocks 3 to 5, is needed.")
    convolutions = {}
    implied: Preprocessing | None = None
    for name, kernel in tensors.items():
        if (layer := _layer(name)) is None:
            continue
        bias = tensors.get(re.sub(r"(weight|kernel)$", "bias", name))
        if bias is None:
            raise InputError(f"{source} is incomplete: {name} has no bias beside it.")
        if name.endswith("weight"):
            implied = "torchvision"
            kernel = kernel.transpose(2, 3, 1, 0) if kernel.ndim == 4 else kernel
        convolutions[layer] = (kernel, bias)
    return convolutions, implied


def _layer(name: str) -> str | None:
    """Our name of the layer whose kernel is called `name`; None if it is no convolution's kernel."""
    if match := re.search(r"(?:^|\.)features\.(\d+)\.weight$", name):
        index = int(match[1])
        return CONVOLUTIONS[_TORCHVISION_INDICES.index(index)] if index in _TORCHVISION_INDICES else name
    match = re.search(r"(?:^|\.)(?:block)?(?:conv)?(\d)_(?:conv)?(\d)\.(?:weight|kernel)$", name)
    return f"conv{match[1]}_{match[2]}" if match else None


def _tensors(source: Path) -> Mapping[str, np.ndarray]:
    if source.suffix == ".npz":
        require_file(source, b"PK\x03\x04", "a numpy .npz file")
        with source.open("rb") as file:  # numpy would leave a broken archive open
            members = _guarded(source, lambda: dict(np.load(file, allow_pickle=False)))
        return {name: member for name, member in members.items() if isinstance(member, np.ndarray)}
    if source.suffix == ".safetensors":
        require_file(source, b"", "a safetensors file")
        from safetensors.numpy import load_file

        return _guarded(source, lambda: load_file(source))
    if source.suffix in (".pth", ".pt"):
        require_file(source, b"", "a PyTorch file")
        return _read_torch(source)
    raise InputError(f"{source} is of an unknown kind; give a .pth, .safetensors, .npz or .h5 file.")


def _read_torch(source: Path) -> Mapping[str, np.ndarray]:
    try:
        import torch
    except ImportError as error:
        raise InputError(
            f"Reading {source} needs PyTorch, which is not installed; install torch, or take a .safetensors file."
        ) from error
    state = _guarded(source, lambda: torch.load(source, map_location="cpu", weights_only=True))
    state = state.get("state_dict", state)
    return {name: tensor.float().numpy() for name, tensor in state.items() if isinstance(tensor, torch.Tensor)}


def _guarded(source: Path, load: Callable[[], Any]) -> Any:
    try:
        return load()
    except Exception as error:  # each format's reader fails in its own way on bytes that are not its own
        raise InputError(f"{source} is damaged or not a {source.suffix} file ({error}); get it again.") from error
