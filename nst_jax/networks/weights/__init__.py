"""The parameters of networks: lookup, download, verification, conversion and loading."""

from nst_jax.networks.weights.loading import NetworkWarning, load_network
from nst_jax.networks.weights.parameters import NetworkWeights, Preprocessing

__all__ = ["NetworkWarning", "NetworkWeights", "Preprocessing", "load_network"]
