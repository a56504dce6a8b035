"""The networks and pictures that are measured with."""

from pathlib import Path

from nst_jax import images
from nst_jax.images import RGB
from nst_jax.layers import VGG19_WIDTHS
from nst_jax.resources import folder
from nst_jax.weights import NetworkWeights, load
from nst_jax.weights.random_filters import random_network

FULL_WIDTH = "full-width"


def network(name: str) -> NetworkWeights:
    """By name or path, as `--network` has it; "full-width" is VGG-19 with random filters, as fast as the pretrained."""
    return random_network(VGG19_WIDTHS) if name == FULL_WIDTH else load(name)


def sample_paths() -> tuple[Path, Path]:
    """A content and a style picture that come with the program."""
    return folder("examples") / "astronaut.png", folder("examples") / "night-swirls.jpg"


def samples() -> tuple[RGB, RGB]:
    """The same, read."""
    content, style = (images.read(path).rgb for path in sample_paths())
    return content, style
