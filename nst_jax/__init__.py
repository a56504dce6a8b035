"""Neural style transfer in JAX: a content picture painted in the manner of a style picture.

>>> import nst_jax
>>> result = nst_jax.stylize("photo.jpg", "painting.jpg", size=256)  # doctest: +SKIP
>>> result.save("stylised.png")  # doctest: +SKIP
"""

import importlib
from typing import TYPE_CHECKING

from nst_jax.errors import InputError
from nst_jax.recipe import Recipe

if TYPE_CHECKING:
    from nst_jax.batch import stylize_batch, stylize_batch_steps
    from nst_jax.checkpoint import Checkpoint
    from nst_jax.result import Losses, Result
    from nst_jax.stylization import stylize, stylize_steps
    from nst_jax.weights import NetworkWeights
    from nst_jax.weights import load as load_network

__all__ = [
    "Checkpoint",
    "InputError",
    "Losses",
    "NetworkWeights",
    "Recipe",
    "Result",
    "load_network",
    "stylize",
    "stylize_batch",
    "stylize_batch_steps",
    "stylize_steps",
]
# Importing jax takes a second, which `--help` need not wait for.
_LAZY = {
    "Checkpoint": ("checkpoint", "Checkpoint"),
    "Losses": ("result", "Losses"),
    "NetworkWeights": ("weights", "NetworkWeights"),
    "Result": ("result", "Result"),
    "load_network": ("weights", "load"),
    "stylize": ("stylization", "stylize"),
    "stylize_batch": ("batch", "stylize_batch"),
    "stylize_batch_steps": ("batch", "stylize_batch_steps"),
    "stylize_steps": ("stylization", "stylize_steps"),
}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module 'nst_jax' has no attribute '{name}'")
    room, thing = _LAZY[name]
    return getattr(importlib.import_module(f"nst_jax.{room}"), thing)
