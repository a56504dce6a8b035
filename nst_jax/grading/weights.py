"""The file of the encoder's parameters."""

import dataclasses
from pathlib import Path

import numpy as np

from nst_jax.errors import InputError
from nst_jax.grading.autoencoder import Parameters, parameter_shapes
from nst_jax.networks.weights import half_precision

FILE_NAME = "grade.npz"


@dataclasses.dataclass(frozen=True, eq=False)
class EncoderWeights:
    """The parameters of a trained encoder.

    Attributes:
        parameters: the pytree of float32 arrays that `autoencoder.encode` reads.
        name: a name for messages.
        sha256: hash of the parameters, in hexadecimal.
    """

    parameters: Parameters
    name: str
    sha256: str


def write(path: Path, parameters: Parameters, name: str) -> None:
    """Write parameters in half precision, with their hash.

    Args:
        path: the file.
        parameters: of the encoder.
        name: a name for messages.

    Raises:
        InputError: when a parameter is not finite, or too large for half precision.
    """
    arrays = half_precision.halved(parameters)
    half_precision.write(path, arrays, {"name": name, "sha256": half_precision.digest(arrays)})


def read(path: Path) -> EncoderWeights:
    """Read parameters, and check that they are complete and have the hash that the file names.

    Args:
        path: the file.

    Raises:
        InputError: when the file is missing or damaged, or is another file.
    """
    expected = parameter_shapes()
    arrays, facts = half_precision.read(path, "the grade's encoder", ("name", "sha256"))
    for key in sorted({*expected, *arrays}):
        if key not in expected or key not in arrays or arrays[key].shape != expected[key]:
            raise InputError(
                f"{path} lacks parameters of the grade's encoder, or has others ({key}); install it again."
            )
    if half_precision.digest(arrays) != facts["sha256"]:
        raise InputError(f"{path} is damaged: its parameters do not have the hash that it names; install it again.")
    parameters = half_precision.nested({key: array.astype(np.float32) for key, array in arrays.items()})
    return EncoderWeights(parameters, facts["name"], facts["sha256"])
