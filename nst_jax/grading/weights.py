"""The file of the encoder's parameters: an .npz archive of half-precision arrays, and a description in JSON."""

import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np

from nst_jax.errors import InputError
from nst_jax.files import atomic_write
from nst_jax.grading.autoencoder import Parameters, parameter_shapes

FILE_NAME = "grade.npz"
# The key of the description among the arrays.
_FACTS = "facts"


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
    with np.errstate(over="ignore"):
        arrays = {
            f"{layer}/{key}": np.asarray(leaf, np.float16)
            for layer, leaves in parameters.items()
            for key, leaf in leaves.items()
        }
    for key, array in arrays.items():
        if not np.isfinite(array).all():
            raise InputError(f"The parameters {key} are not finite in half precision; train with a lower rate.")
    facts = np.frombuffer(json.dumps({"name": name, "sha256": _digest(arrays)}).encode(), np.uint8)
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **{_FACTS: facts}, **arrays)


def read(path: Path) -> EncoderWeights:
    """Read parameters, and check that they are complete and have the hash that the file names.

    Args:
        path: the file.

    Raises:
        InputError: when the file is missing or damaged, or is another file.
    """
    expected = parameter_shapes()
    try:
        with path.open("rb") as file:  # numpy would not close a broken archive
            arrays = dict(np.load(file, allow_pickle=False))
        facts = json.loads(arrays.pop(_FACTS).tobytes())
        name, digest = str(facts["name"]), str(facts["sha256"])
    except FileNotFoundError as error:
        raise InputError(f"The grade's file {path} is missing; install nst-jax again.") from error
    except Exception as error:  # damaged bytes raise any of a dozen exceptions of json, numpy, zipfile and zlib
        raise InputError(f"{path} is not a file of the grade's encoder, or it is damaged; install it again.") from error
    for key in sorted({*expected, *arrays}):
        if key not in expected or key not in arrays or arrays[key].shape != expected[key]:
            raise InputError(
                f"{path} lacks parameters of the grade's encoder, or has others ({key}); install it again."
            )
    if _digest(arrays) != digest:
        raise InputError(f"{path} is damaged: its parameters do not have the hash that it names; install it again.")
    parameters: Parameters = {}
    for key, array in arrays.items():
        layer, leaf = key.split("/")
        parameters.setdefault(layer, {})[leaf] = array.astype(np.float32)
    return EncoderWeights(parameters, name, digest)


def _digest(arrays: dict[str, np.ndarray]) -> str:
    return hashlib.sha256(b"".join(key.encode() + arrays[key].tobytes() for key in sorted(arrays))).hexdigest()
