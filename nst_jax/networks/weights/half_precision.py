"""Files of our own trained parameters: .npz archives of half-precision arrays, and a description in JSON."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nst_jax.errors import InputError
from nst_jax.files import atomic_write

Arrays = dict[str, np.ndarray]
# The key of the description among the arrays.
_FACTS = "facts"


def halved(parameters: Mapping[str, Any]) -> Arrays:
    """Return parameters in half precision, by their paths.

    Args:
        parameters: nested dictionaries of arrays.

    Raises:
        InputError: when a parameter is not finite, or too large for half precision.
    """
    with np.errstate(over="ignore"):
        arrays = {key: np.asarray(leaf, np.float16) for key, leaf in flattened(parameters).items()}
    for key, array in arrays.items():
        if not np.isfinite(array).all():
            raise InputError(f"The parameters {key} are not finite in half precision; train with a lower rate.")
    return arrays


def write(path: Path, arrays: Arrays, facts: Mapping[str, str]) -> None:
    """Write arrays and their description."""
    text = np.frombuffer(json.dumps(dict(facts)).encode(), np.uint8)
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **{_FACTS: text}, **arrays)


def read(path: Path, owner: str, facts: Iterable[str]) -> tuple[Arrays, dict[str, str]]:
    """Read arrays as they were written, and their description.

    Args:
        path: the file.
        owner: what the parameters belong to, for messages, such as "the fast network".
        facts: the names that the description must have.

    Raises:
        InputError: when the file is missing or damaged, or is another file.
    """
    try:
        with path.open("rb") as file:  # numpy would not close a broken archive
            arrays = dict(np.load(file, allow_pickle=False))
        described = json.loads(arrays.pop(_FACTS).tobytes())
        found = {name: str(described[name]) for name in facts}
        if any(array.dtype.kind != "f" for array in arrays.values()):
            raise TypeError("an array of something else than floats")
    except FileNotFoundError as error:
        raise InputError(f"The file {path} of {owner} is missing; install nst-jax again.") from error
    except Exception as error:  # damaged bytes raise any of a dozen exceptions of json, numpy, zipfile and zlib
        raise InputError(f"{path} is not a file of {owner}, or it is damaged; install it again.") from error
    return arrays, found


def digest(arrays: Arrays) -> str:
    """Hash names and bytes of arrays, whatever their order; SHA-256 in hexadecimal."""
    return hashlib.sha256(b"".join(key.encode() + arrays[key].tobytes() for key in sorted(arrays))).hexdigest()


def flattened(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Return the leaves of nested dictionaries by their paths, such as "kernels/enter8", sorted."""
    found: dict[str, Any] = {}
    for key in sorted(tree):
        inner = flattened(tree[key]) if isinstance(tree[key], Mapping) else None
        found |= {key: tree[key]} if inner is None else {f"{key}/{path}": leaf for path, leaf in inner.items()}
    return found


def nested(arrays: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Return the nested dictionaries that `flattened` was given."""
    tree: dict[str, Any] = {}
    for key, value in arrays.items():
        *parents, last = key.split("/")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        node[last] = value
    return tree
