"""The file that a training resumes from, and the check of its hyperparameters."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from nst_jax.errors import InputError
from nst_jax.files import atomic_write


def save(path: Path, state: Any, steps: int, minutes: float) -> None:
    """Write the state of a training.

    Args:
        path: the file, .npz.
        state: a pytree of arrays.
        steps: the number of steps done.
        minutes: wall time spent on them.
    """
    leaves = {f"leaf_{index}": np.asarray(leaf) for index, leaf in enumerate(jax.tree.leaves(state))}
    with atomic_write(path) as temporary:
        np.savez(temporary, allow_pickle=False, steps=steps, minutes=minutes, **leaves)


def load(path: Path, initial: Any, network: str) -> tuple[Any, int, float]:
    """Read the state of a training, or return the initial one if there is no file.

    Args:
        path: the file.
        initial: the state of a new training, whose structure and shapes the file must have.
        network: what is trained, for the message, such as "a network".

    Returns:
        The state, the number of steps done, and the minutes spent on them.

    Raises:
        InputError: when the file is damaged, or the state of something with other shapes.
    """
    if not path.exists():
        return initial, 0, 0.0
    expected = jax.tree.leaves(initial)
    try:
        with path.open("rb") as file:  # numpy would not close a broken archive
            saved = dict(np.load(file, allow_pickle=False))
        leaves = [jnp.asarray(saved[f"leaf_{index}"]) for index in range(len(expected))]
        steps, minutes = int(saved["steps"]), float(saved["minutes"])
    except Exception as error:  # damaged bytes raise any of a dozen exceptions of numpy, zipfile and zlib
        raise InputError(f"{path} is damaged or not a checkpoint; move it away.") from error
    if any(one.shape != other.shape for one, other in zip(leaves, expected, strict=True)):
        raise InputError(f"{path} is the state of {network} of other widths; move it away.")
    return jax.tree.unflatten(jax.tree.structure(initial), leaves), steps, minutes


def check_positive(settings: Any, names: Iterable[str]) -> None:
    """Check that hyperparameters are positive.

    Args:
        settings: the hyperparameters.
        names: the names of those to check.

    Raises:
        InputError: for the first that is not, or is not a number.
    """
    for name in names:
        if not getattr(settings, name) > 0:
            raise InputError(f"The {name.replace('_', ' ')} must be positive, not {getattr(settings, name)}.")
