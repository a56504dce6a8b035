"""Buckets: images of many shapes are padded to few."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nst_jax.batch.buckets import STEP, bucket, pad_to_bucket
from nst_jax.engine.preprocess import working_size
from nst_jax.images.picture import Picture
from nst_jax.recipes.recipe import Recipe
from tests.conftest import picture


@given(
    st.integers(30, 2000),
    st.integers(30, 2000),
    st.sampled_from([(0, "long"), *itertools.product((64, 256, 500, 512), ("long", "short", "squash"))]),
    st.sampled_from([None, 1.0]),
)
def test_buckets_are_few_and_hardly_larger(height, width, size_and_rule, supersampling):
    size, rule = size_and_rule
    recipe = Recipe(size=size, resize=rule, supersampling=supersampling)
    fitted = working_size((height, width), recipe)
    padded = bucket((height, width), recipe)
    for side, padded_side in zip(fitted, padded, strict=True):
        assert side <= padded_side < side + STEP
        assert padded_side % STEP == 0 or padded_side == (min if rule == "short" else max)(fitted)
    if size:
        # So that the recipe leaves a padded image as it is.
        assert working_size(padded, recipe) == padded


def test_padding_changes_nothing_that_was_there():
    rgb, alpha = picture(0, 40, 60), np.linspace(0, 1, 2400, dtype=np.float32).reshape(40, 60)
    original = Picture.from_colors(rgb, alpha)
    whole = pad_to_bucket(original, Recipe(size=60))
    assert whole.rgb.shape == (60, 60, 3)
    assert whole.alpha is not None
    np.testing.assert_array_equal(whole.alpha[:40], alpha)
    np.testing.assert_allclose(whole.rgb[:40], original.rgb, atol=1.5 / 255)
    np.testing.assert_allclose(whole.rgb[40:], original.rgb[:-21:-1], atol=1.5 / 255)
