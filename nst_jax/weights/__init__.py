"""Where the network's parameters come from: find, download, verify, convert, load."""

from nst_jax.weights.find import NetworkWarning, load
from nst_jax.weights.parameters import NetworkWeights, Preprocessing

__all__ = ["NetworkWarning", "NetworkWeights", "Preprocessing", "load"]
