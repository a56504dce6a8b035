"""The file of the decoder's parameters."""

import dataclasses
from pathlib import Path

import numpy as np

from nst_jax.errors import InputError
from nst_jax.fast.decoder import ENTRANCES, Parameters, parameter_shapes
from nst_jax.fast.style_code import VECTOR_LAYERS
from nst_jax.files import bundled_dir
from nst_jax.networks.weights import NetworkWeights, half_precision

FILE_NAME = "fast.npz"


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
    half_precision.write(path, half_precision.halved(parameters), {"name": name, "network": network.sha256})


def read(path: Path, network: NetworkWeights) -> FastWeights:
    """Read parameters and check that they are complete and belong to the network.

    Args:
        path: the file.
        network: the network that shall provide the features.

    Raises:
        InputError: when the file is missing or damaged, or was trained with another network.
    """
    expected = half_precision.flattened(parameter_shapes(*_sizes(network)))
    archive, facts = half_precision.read(path, "the fast network", ("name", "network"))
    arrays = {key: np.asarray(array, np.float32) for key, array in archive.items()}
    if facts["network"] != network.sha256:
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
    parameters = half_precision.nested(arrays)
    return FastWeights(parameters, facts["name"], facts["network"], half_precision.digest(arrays))


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
