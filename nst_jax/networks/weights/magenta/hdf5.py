"""Reading and writing of magenta's network in a format of our own: HDF5, one group for each convolution.

A group has the name that the convolution has in checkpoints, such as `transformer/contract/conv1`, and holds `kernel`
and `bias`, float32. The attributes of the file are `network` ("magenta"), `name`, `predictor`, `width`,
`predictor_width` and `preprocessing`.
"""

from pathlib import Path
from typing import Any, get_args

import h5py
import numpy as np

from nst_jax.errors import InputError
from nst_jax.files import atomic_write
from nst_jax.networks.weights.hdf5 import HDF5_SIGNATURE, require_file
from nst_jax.networks.weights.magenta.layers import ENCODER_END, PREDICTORS
from nst_jax.networks.weights.magenta.parameters import (
    MagentaPreprocessing,
    MagentaWeights,
    network_layers,
    transformer_width,
    validate,
)

NETWORK = "magenta"
_MAX_PREDICTOR_WIDTH = 4.0


def write(path: Path, weights: MagentaWeights) -> None:
    """Write a file atomically, as float32, and create its folder if necessary."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_write(path) as temporary, h5py.File(temporary, "w") as file:
        file.attrs["network"] = NETWORK
        for attribute in ("name", "predictor", "width", "predictor_width", "preprocessing"):
            file.attrs[attribute] = getattr(weights, attribute)
        for scope, (kernel, bias) in weights.convolutions.items():
            group = file.create_group(scope)
            group.create_dataset("kernel", data=np.asarray(kernel, np.float32))
            group.create_dataset("bias", data=np.asarray(bias, np.float32))


def read(path: Path) -> MagentaWeights:
    """Read and check a file written by `write`.

    Raises:
        InputError: if it is missing, truncated, not HDF5, not such a file, or its layers are not those of the network.
    """
    require_file(path, HDF5_SIGNATURE, "an HDF5 weight file")
    try:
        with h5py.File(path, "r") as file:
            attributes = dict(file.attrs)
            if str(attributes.get("network")) != NETWORK:
                raise InputError(
                    f"{path} holds no network of magenta; make such a file with nst-jax-convert from its checkpoint or "
                    "its TFLite files."
                )
            convolutions = _convolutions(file)
    except (OSError, RuntimeError, KeyError) as error:
        detail = "truncated" if "truncated" in str(error) else "damaged"
        raise InputError(f"{path} is {detail}; get the file again.") from error
    predictor = _one_of(attributes, "predictor", PREDICTORS, path)
    preprocessing = _one_of(attributes, "preprocessing", get_args(MagentaPreprocessing), path)
    kernel, _ = convolutions.get(ENCODER_END, (None, None))
    width = transformer_width(kernel, str(path))
    predictor_width = _number(attributes, "predictor_width", path)
    if width != _number(attributes, "width", path):
        raise InputError(f"{path} is damaged: its width is {width}, not {attributes['width']}; convert it again.")
    layers = network_layers(predictor, width, predictor_width)
    parameters = validate(convolutions, layers, str(path))
    name = attributes.get("name", path.stem)
    return MagentaWeights(str(name), predictor, width, parameters, predictor_width, preprocessing)


def _convolutions(file: h5py.File) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    found: dict[str, dict[str, np.ndarray]] = {}

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            scope, _, role = name.rpartition("/")
            found.setdefault(scope, {})[role] = item[()]

    file.visititems(visit)
    return {scope: (pair["kernel"], pair["bias"]) for scope, pair in found.items()}


def _one_of(attributes: dict[str, Any], name: str, known: tuple[str, ...], path: Path) -> Any:
    value = attributes.get(name)
    if not isinstance(value, str) or value not in known:
        raise InputError(f"{path} has an unknown {name}, '{value}'; known are {' and '.join(known)}.")
    return value


def _number(attributes: dict[str, Any], name: str, path: Path) -> float:
    value = np.asarray(attributes.get(name, np.nan))
    if value.shape != () or not np.issubdtype(value.dtype, np.number) or not 0 < value <= _MAX_PREDICTOR_WIDTH:
        raise InputError(
            f"{path} is damaged: it has no {name} between 0 and {_MAX_PREDICTOR_WIDTH:g}; convert it again."
        )
    return float(value)
