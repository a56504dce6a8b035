"""Reading and writing of the weight format: HDF5 in the layout of Keras.

A group for each layer (`block1_conv1`) holds a 4-D kernel (3, 3, in, out) and a 1-D bias, whose names depend on the
Keras release and are ignored. Files written here add the attributes `name`, `preprocessing` and `pooling`; Keras can
load them.
"""

import re
from pathlib import Path
from typing import Any, get_args

import h5py
import numpy as np

from nst_jax.errors import InputError
from nst_jax.files import atomic_write
from nst_jax.networks.weights.parameters import (
    Convolutions,
    NetworkWeights,
    Preprocessing,
    TrainedPooling,
    validate_convolutions,
)
from nst_jax.networks.weights.pretrained import PRETRAINED_NAME, is_pretrained_vgg19

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_SIGNATURES = (
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"PK\x03\x04", "a zip archive (a PyTorch or numpy file)"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"%PDF", "a PDF document"),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself"),
    (b"<", "a web page or XML text"),
    (b"\x80", "a Python pickle (an old PyTorch file)"),
)


def write(path: Path, weights: NetworkWeights) -> None:
    """Write a weight file atomically, and create its folder if necessary."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as temporary, h5py.File(temporary, "w") as file:
        groups = {_keras_name(name): arrays for name, arrays in weights.convolutions.items()}
        file.attrs["name"] = weights.name
        file.attrs["preprocessing"] = weights.preprocessing
        file.attrs["pooling"] = weights.pooling
        file.attrs["layer_names"] = [group.encode() for group in groups]
        for group, arrays in groups.items():
            names = [f"{group}/kernel:0", f"{group}/bias:0"]
            file.create_group(group).attrs["weight_names"] = [name.encode() for name in names]
            for name, array in zip(names, arrays, strict=True):
                file[group].create_dataset(name, data=array)


def read(path: Path) -> NetworkWeights:
    """Read and check a file written by `write` or by Keras, with or without the fully connected layers.

    Raises:
        InputError: if it is missing, truncated, not HDF5, not a VGG-19, or a corrupted pretrained VGG-19.
    """
    convolutions, attributes = read_convolutions(path)
    parameters = validate_convolutions(convolutions, str(path))
    if is_pretrained_vgg19(parameters, str(path)):
        return NetworkWeights(PRETRAINED_NAME, parameters, "caffe")
    preprocessing = attributes.get("preprocessing")
    if preprocessing is None:
        raise InputError(
            f"{path} is a VGG-19 that is not the pretrained one, and nothing in it says which input it was trained on; "
            "pass it through nst-jax-convert with --preprocessing caffe or torchvision."
        )
    if preprocessing not in get_args(Preprocessing):
        raise InputError(f"{path} asks for an unknown input convention, '{preprocessing}'; use caffe or torchvision.")
    # Files without this attribute, such as those of Keras, hold networks trained with max pooling.
    pooling = attributes.get("pooling", "max")
    if pooling not in get_args(TrainedPooling):
        raise InputError(f"{path} asks for an unknown pooling, '{pooling}'; use max or avg.")
    return NetworkWeights(str(attributes.get("name", path.stem)), parameters, preprocessing, pooling)


def read_convolutions(path: Path) -> tuple[Convolutions, dict[str, Any]]:
    """Read the convolutions and the attributes of a file without checking their values.

    Raises:
        InputError: if it is missing, truncated or not HDF5.
    """
    require_file(path, HDF5_SIGNATURE, "an HDF5 weight file")
    try:
        with h5py.File(path, "r") as file:
            if str(file.attrs.get("network")) == "magenta":
                raise InputError(f"{path} holds magenta's network, not a VGG-19; give it as --network magenta:{path}.")
            root = file.get("model_weights", file)
            arrays = {name: _kernel_and_bias(group) for name, group in root.items() if isinstance(group, h5py.Group)}
            attributes = dict(file.attrs)
    except (OSError, RuntimeError, KeyError) as error:
        detail = "truncated" if "truncated" in str(error) else "damaged"
        raise InputError(f"{path} is {detail}; get the file again.") from error
    return {_layer_name(key): pair for key, pair in arrays.items() if pair is not None}, attributes


def _kernel_and_bias(group: h5py.Group) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the kernel and the bias of a group, recognized by their ranks, or None if it lacks either."""
    by_rank: dict[int, np.ndarray] = {}

    def visit(_: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            by_rank[item.ndim] = item[()]

    group.visititems(visit)
    return (by_rank[4], by_rank[1]) if {1, 4} <= set(by_rank) else None


def _keras_name(layer: str) -> str:
    return f"block{layer[4]}_conv{layer[6]}"


def _layer_name(group: str) -> str:
    match = re.fullmatch(r"block(\d)_conv(\d)", group)
    return f"conv{match[1]}_{match[2]}" if match else group


def require_file(path: Path, signature: bytes, expected: str) -> None:
    """Check that `path` can be read and begins with `signature`.

    Args:
        path: the file.
        signature: its expected first bytes.
        expected: a description of the expected kind of file, for the message.

    Raises:
        InputError: otherwise; the message names the kind of file that was found.
    """
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except FileNotFoundError as error:
        raise InputError(f"There is no weight file {path}; check the path.") from error
    except IsADirectoryError as error:
        raise InputError(f"{path} is a folder; give the weight file in it.") from error
    except OSError as error:
        raise InputError(f"The weight file {path} cannot be read: {error.strerror}.") from error
    if not head:
        raise InputError(f"The weight file {path} is empty; get it again.")
    if not head.startswith(signature):
        kind = next((name for start, name in _SIGNATURES if head.startswith(start)), "some other file")
        raise InputError(f"{path} is not {expected} but {kind}; nst-jax-convert converts weights of other programs.")
