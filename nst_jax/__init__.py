"""Neural style transfer in JAX: renders a content image in the style of another image.

>>> import nst_jax
>>> result = nst_jax.stylize("photo.jpg", "painting.jpg", size=256)  # doctest: +SKIP
>>> result.save("stylized.png")  # doctest: +SKIP
"""

import importlib
import sys

# As in the module `typing`, whose import takes most of the time of this file: our programs can handle signals only
# after it.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    from nst_jax.api import stylize as stylize
    from nst_jax.api import stylize_batch as stylize_batch
    from nst_jax.api import stylize_batch_steps as stylize_batch_steps
    from nst_jax.api import stylize_fast as stylize_fast
    from nst_jax.api import stylize_steps as stylize_steps
    from nst_jax.engine.checkpoint import Checkpoint as Checkpoint
    from nst_jax.engine.result import Losses as Losses
    from nst_jax.engine.result import Progress as Progress
    from nst_jax.engine.result import Result as Result
    from nst_jax.errors import InputError as InputError
    from nst_jax.images import read_image as read_image
    from nst_jax.images import read_provenance as read_provenance
    from nst_jax.images import save_image as save_image
    from nst_jax.networks.flax_vgg import VGG19 as VGG19
    from nst_jax.networks.weights import NetworkWeights as NetworkWeights
    from nst_jax.networks.weights import load_network as load_network
    from nst_jax.recipes.published import get_recipe as get_recipe
    from nst_jax.recipes.published import recipe_names as recipe_names
    from nst_jax.recipes.recipe import Recipe as Recipe

__version__ = "0.2.0"

# Imported on first use: importing jax takes a second, and `--help` should not wait for it.
_LAZY = {
    "Checkpoint": "nst_jax.engine.checkpoint",
    "InputError": "nst_jax.errors",
    "Losses": "nst_jax.engine.result",
    "NetworkWeights": "nst_jax.networks.weights",
    "Progress": "nst_jax.engine.result",
    "Recipe": "nst_jax.recipes.recipe",
    "Result": "nst_jax.engine.result",
    "VGG19": "nst_jax.networks.flax_vgg",
    "get_recipe": "nst_jax.recipes.published",
    "load_network": "nst_jax.networks.weights",
    "read_image": "nst_jax.images",
    "read_provenance": "nst_jax.images",
    "recipe_names": "nst_jax.recipes.published",
    "save_image": "nst_jax.images",
    "stylize": "nst_jax.api",
    "stylize_batch": "nst_jax.api",
    "stylize_batch_steps": "nst_jax.api",
    "stylize_fast": "nst_jax.api",
    "stylize_steps": "nst_jax.api",
}
# Packages that programs use beside the names above: `nst_jax.losses.gram_matrix` needs no import of its own.
_PACKAGES = ("images", "losses")
__all__ = ["__version__", *_LAZY]


def __getattr__(name: str) -> object:
    if name in _PACKAGES:
        return _import(f"nst_jax.{name}")
    if name not in _LAZY:
        raise AttributeError(f"module 'nst_jax' has no attribute '{name}'")
    return getattr(_import(_LAZY[name]), name)


def _import(name: str) -> "ModuleType":
    if name in sys.modules:
        # Another thread may still import it, for which this waits.
        return importlib.import_module(name)
    from nst_jax.process import no_collection

    with no_collection():
        return importlib.import_module(name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY, *_PACKAGES})
