"""The file of the decoder's parameters: an .npz archive of half-precision arrays, and a description in JSON."""

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import jax
import numpy as np

from nst_jax.errors import InputError
from nst_jax.fast.decoder import ENTRANCES, Parameters, parameter_shapes
from nst_jax.fast.style_code import VECTOR_LAYERS
from nst_jax.files import atomic_write, bundled_dir
from nst_jax.networks.weights import NetworkWeights

FILE_NAME = "fast.npz"
# The key of the description among the arrays.
_FACTS = "facts"


@dataclasses.dataclass(frozen=True, eq=False)
class FastWeights:
    """The parameters of a trained decoder.

    Attributes:
        parameters: the pytree of float32 arrays that `decoder.decode` reads.
        name: a name for messages and metadata.
        network: the SHA-256 of the network whose features the decoder was trained with.
        sha256: hash of the parameters, in hexadecimal.
    """

    parameters: Parameters
    name: str
    network: str
    sha256: str


def write(path: Path, parameters: Parameters, network: NetworkWeights, name: str) -> None:
    """Write parameters in half precision.

    Args:
        path: the file.
        parameters: from the training.
        network: the network that they were trained with.
        name: a name for messages and metadata.

    Raises:
        InputError: when a parameter is not finite, or too large for half precision.
    """
    with np.errstate(over="ignore"):
        arrays = {key: np.asarray(leaf, np.float16) for key, leaf in _flattened(parameters).items()}
    for key, array in arrays.items():
        if not np.isfinite(array).all():
            raise InputError(f"The parameters {key} are not finite in half precision; train with a lower rate.")
    facts = np.frombuffer(json.dumps({"name": name, "network": network.sha256}).encode(), np.uint8)
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **{_FACTS: facts}, **arrays)


def read(path: Path, network: NetworkWeights) -> FastWeights:
    """Read parameters and check that they are complete and belong to the network.

    Args:
        path: the file.
        network: the network that shall provide the features.

    Raises:
        InputError: when the file is missing or damaged, or was trained with another network.
    """
    expected = _flattened(parameter_shapes(*_sizes(network)))
    try:
        with path.open("rb") as file:  # numpy would not close a broken archive
            archive = dict(np.load(file, allow_pickle=False))
        facts = json.loads(archive.pop(_FACTS).tobytes())
        arrays = {key: np.asarray(array, np.float32) for key, array in archive.items()}
        name, trained_with = str(facts["name"]), str(facts["network"])
    except FileNotFoundError as error:
        raise InputError(f"The fast network's file {path} is missing; install nst-jax again.") from error
    except Exception as error:  # damaged bytes raise any of a dozen exceptions of json, numpy, zipfile and zlib
        raise InputError(f"{path} is not a file of the fast network, or it is damaged; install it again.") from error
    if trained_with != network.sha256:
        raise InputError(
            f"The fast network works with the embedded network only, not with {network.name}; leave --network or "
            "--fast out."
        )
    for key in sorted({*expected, *arrays}):
        shape = expected.get(key)
        if shape is None or key not in arrays or arrays[key].shape != tuple(shape):
            raise InputError(f"{path} does not have the parameters of the fast network (see {key}); install it again.")
        if not np.isfinite(arrays[key]).all():
            raise InputError(f"{path} is damaged: {key} has values that are not finite; install it again.")
    digest = hashlib.sha256(b"".join(key.encode() + arrays[key].tobytes() for key in sorted(arrays))).hexdigest()
    return FastWeights(_nested(arrays), name, trained_with, digest)


def bundled(network: NetworkWeights) -> FastWeights:
    """Read the parameters that the package contains."""
    return read(bundled_dir("weights") / FILE_NAME, network)


def _sizes(network: NetworkWeights) -> tuple[dict[str, int], int]:
    """Return the channels of the layers in ENTRANCES and the length of the vector of a style code."""
    widths = {name.replace("conv", "relu"): bias.size for name, (_, bias) in network.convolutions.items()}
    missing = {*ENTRANCES.values(), *VECTOR_LAYERS} - set(widths)
    if missing:
        raise InputError(f"The fast network needs {min(missing)}, which {network.name} does not have.")
    return {layer: widths[layer] for layer in ENTRANCES.values()}, 2 * sum(widths[layer] for layer in VECTOR_LAYERS)


def _flattened(tree: Any) -> dict[str, Any]:
    """Return the leaves by their paths, such as "kernels/enter8"; tuples count as leaves."""
    leaves = jax.tree_util.tree_flatten_with_path(tree, is_leaf=lambda node: isinstance(node, tuple))[0]
    return {"/".join(str(part.key) for part in path): leaf for path, leaf in leaves}


def _nested(arrays: dict[str, np.ndarray]) -> Parameters:
    tree: Parameters = {}
    for key, value in arrays.items():
        *parents, last = key.split("/")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        node[last] = value
    return tree
