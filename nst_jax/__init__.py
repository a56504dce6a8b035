"""Neural style transfer in JAX: a content picture painted in the manner of a style picture.

>>> import nst_jax
>>> result = nst_jax.stylize("photo.jpg", "painting.jpg", size=256)  # doctest: +SKIP
>>> result.save("stylised.png")  # doctest: +SKIP
"""

from typing import TYPE_CHECKING

from nst_jax.errors import InputError
from nst_jax.recipe import Recipe

if TYPE_CHECKING:
    from nst_jax.result import Losses, Result
    from nst_jax.stylization import stylize, stylize_steps
    from nst_jax.weights import NetworkWeights
    from nst_jax.weights import load as load_network

__all__ = ["InputError", "Losses", "NetworkWeights", "Recipe", "Result", "load_network", "stylize", "stylize_steps"]


def __getattr__(name: str) -> object:
    # Importing jax takes a second, which `--help` need not wait for.
    if name in ("Losses", "Result", "stylize", "stylize_steps"):
        from nst_jax import stylization as module

        return getattr(module, name)
    if name in ("NetworkWeights", "load_network"):
        from nst_jax import weights

        return {"NetworkWeights": weights.NetworkWeights, "load_network": weights.load}[name]
    raise AttributeError(f"module 'nst_jax' has no attribute '{name}'")
