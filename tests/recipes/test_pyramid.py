"""The scale pyramid: sizes that are about a factor of two apart, down to the smallest."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_jax.errors import InputError
from nst_jax.recipes.pyramid import Scale, scales
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.vgg_layers import stride


@given(st.integers(16, 3000), st.integers(16, 3000), st.integers(0, 5), st.integers(16, 600))
def test_sizes_halve_down_to_the_smallest(height, width, count, min_size):
    recipe = Recipe(scales=count, min_size=min_size, style_layers=("relu5_1",), style_layer_weights=())
    sizes = scales(height, width, recipe)
    assert sizes[-1] == (height, width)
    assert count == 0 or len(sizes) <= count
    for coarse, fine in itertools.pairwise(sizes):
        assert abs(coarse.height - fine.height / 2) <= 1
        assert abs(coarse.width - fine.width / 2) <= 1
        assert max(coarse) >= min_size
        assert min(coarse) >= stride("relu5_1")
    if count == 0 and min(sizes[0]) >= 2 * stride("relu5_1") + 2:
        assert max(sizes[0]) <= 2 * min_size


def test_scales_of_usual_sizes():
    recipe = Recipe(style_layers=("relu5_1",), style_layer_weights=())
    assert scales(512, 341, recipe) == (Scale(128, 85), Scale(256, 170), Scale(512, 341))
    assert scales(255, 100, recipe) == (Scale(128, 50), Scale(255, 100))
    assert scales(512, 341, Recipe(scales=1)) == (Scale(512, 341),)
    # Narrower than this, there would be no position of relu5_1.
    assert scales(512, 40, recipe) == (Scale(256, 20), Scale(512, 40))


def test_a_picture_to_start_from_is_continued_at_the_final_size():
    for init in ("content", "noise", "grey", "style"):
        assert len(scales(512, 341, Recipe(init=init))) == 3
    assert scales(512, 341, Recipe(init="first.png")) == (Scale(512, 341),)
    assert len(scales(512, 341, Recipe(init="first.png", scales=2))) == 2


def test_impossible_scales_are_refused():
    with pytest.raises(InputError, match="number of scales"):
        Recipe(scales=-1)
    with pytest.raises(InputError, match="at least 16 pixels"):
        Recipe(min_size=8)
    with pytest.raises(InputError, match="too small for the layer relu5_1"):
        scales(512, 10, Recipe(style_layers=("relu5_1",), style_layer_weights=()))
