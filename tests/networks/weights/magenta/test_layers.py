"""The layers of magenta's network: their numbers of channels and of parameters, as published."""

import itertools

import pytest

from nst_jax.networks.weights.magenta.inception_v3 import inception_v3_blocks
from nst_jax.networks.weights.magenta.layers import style_layers, transformer_layers
from nst_jax.networks.weights.magenta.random_init import random_tensors


@pytest.fixture(scope="module")
def sizes() -> dict[str, int]:
    """The number of parameters of each part, as checkpoints hold them."""
    tensors = random_tensors("inception_v3") | random_tensors("mobilenet_v2")
    parts = {name.split("/")[0] for name in tensors}
    return {part: sum(array.size for name, array in tensors.items() if name.split("/")[0] == part) for part in parts}


def test_the_parts_have_the_published_numbers_of_parameters(sizes):
    # Keras counts the same for MobileNetV2 without its top, and for InceptionV3 up to "mixed7".
    assert sizes["MobilenetV2"] == 2_257_984
    assert sizes["InceptionV3"] == 8_975_264
    assert sizes["Conv"] == 768 * 100 + 100
    assert sizes["mobilenet_conv"] == 1280 * 100 + 100


def test_2758_numbers_make_a_style():
    """A shift and a scale for ten times 128, 64, 32 and 3 channels; those of the encoder do not depend on the style."""
    assert sum(layer.outputs for layer in style_layers(1)) == 2 * (10 * 128 + 64 + 32 + 3) == 2758


def test_the_blocks_of_inception_have_the_published_channels():
    ends = {block.name: sum(branch.layers[-1].outputs for branch in block.branches if branch.layers) for block in
            inception_v3_blocks()}  # fmt: skip
    assert [ends[f"Mixed_{name}"] for name in ("5b", "5c", "5d", "6b", "6c", "6d", "6e")] == [256, 288, 288, *[768] * 4]
    # The third branch of Mixed_6a, a pooling, passes on the 288 channels before it.
    assert ends["Mixed_6a"] + 288 == 768


@pytest.mark.parametrize(("width", "channels"), [(1, (32, 64, 128)), (0.25, (8, 16, 32)), (1 / 16, (2, 4, 8))])
def test_the_width_scales_the_channels_of_the_transformer(width, channels):
    layers = transformer_layers(width)
    assert tuple(layer.outputs for layer in layers[:3]) == channels
    assert [layer.outputs for layer in layers[-3:]] == [channels[1], channels[0], 3]
    assert all(before.outputs == after.inputs for before, after in itertools.pairwise(layers))
