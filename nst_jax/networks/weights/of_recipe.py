"""Loading of the network that a recipe asks for, of whatever kind."""

from collections.abc import Callable
from pathlib import Path

from nst_jax.networks.weights.download import ProgressBar
from nst_jax.networks.weights.loading import load_network
from nst_jax.networks.weights.magenta.parameters import MagentaWeights
from nst_jax.networks.weights.parameters import NetworkWeights
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.types import MAGENTA_PREFIX

AnyWeights = NetworkWeights | MagentaWeights


def load_weights(recipe: Recipe, progress: Callable[[], ProgressBar] | None = None) -> AnyWeights:
    """Load the network of a recipe.

    Args:
        recipe: the settings, of which `network` and `fast` count. The fast network reads the features of the embedded
            one on all devices.
        progress: creates the progress bar of a download.

    Raises:
        InputError: if the file or the download of the network is not available, or a file has the wrong content.
    """
    if recipe.network.startswith(MAGENTA_PREFIX):
        from nst_jax.networks.weights.magenta import hdf5 as magenta_hdf5

        return magenta_hdf5.read(Path(recipe.network.removeprefix(MAGENTA_PREFIX)).expanduser())
    if recipe.fast and recipe.network == "auto":
        return load_network("embedded")
    return load_network(recipe.network, progress=progress)
