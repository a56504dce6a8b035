"""Mixtures of several styles: the weight of each style at each layer, and their targets."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nst_jax
from nst_jax import InputError, Recipe
from nst_jax.networks.vgg import VGG
from nst_jax.objective.blending import mixture_weights
from nst_jax.objective.targets import make_targets
from tests.conftest import CONTENT_SHAPE, QUICK, STYLE_SHAPE, picture

RECIPE = Recipe(**QUICK)
CONTENT = picture(1, *CONTENT_SHAPE)
STATISTICS = ["gram", "mean-std", "wasserstein"]
blends = st.lists(st.floats(0.1, 10), min_size=2, max_size=4)


@given(blends, st.floats(0.1, 100))
def test_mixture_weights_sum_to_one_and_depend_on_ratios_only(blend, factor):
    one = mixture_weights(Recipe(style_blend=tuple(blend)), len(blend))
    scaled = mixture_weights(Recipe(style_blend=tuple(factor * weight for weight in blend)), len(blend))
    for layer, parts in one.items():
        assert sum(parts) == pytest.approx(1)
        assert min(parts) >= 0
        np.testing.assert_allclose(parts, scaled[layer])


def test_groups_use_each_style_at_its_layers():
    recipe = dataclasses.replace(RECIPE, style_groups=("relu1_1", "relu2_1"))
    assert mixture_weights(recipe, 2) == {"relu1_1": (1, 0), "relu2_1": (0, 1)}
    both = dataclasses.replace(RECIPE, style_groups=("relu1_1,relu2_1", "relu2_1"), style_blend=(1.0, 3.0))
    assert mixture_weights(both, 2) == {"relu1_1": (1, 0), "relu2_1": (0.25, 0.75)}


def style_targets(network, styles, **changes):
    recipe = dataclasses.replace(RECIPE, **changes)
    return make_targets(VGG.of(network), jnp.asarray(picture(1)), tuple(map(jnp.asarray, styles)), recipe).style


@pytest.mark.parametrize("statistic", STATISTICS)
def test_the_order_of_styles_does_not_matter(tiny_network, statistic):
    one, other = picture(2), picture(3, 40, 24)
    here = style_targets(tiny_network, (one, other), style_blend=(0.7, 0.3), style_statistic=statistic)
    there = style_targets(tiny_network, (other, one), style_blend=(3.0, 7.0), style_statistic=statistic)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-4), here, there)


@pytest.mark.parametrize("statistic", STATISTICS)
def test_a_mixture_with_all_weight_on_one_style_is_that_style(tiny_network, statistic):
    one, other = picture(2), picture(3)
    alone = style_targets(tiny_network, (one,), style_statistic=statistic)
    mixed = style_targets(tiny_network, (one, other), style_blend=(1.0, 0.0), style_statistic=statistic)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4), mixed, alone)


@pytest.mark.parametrize("statistic", STATISTICS)
def test_a_mixture_of_a_style_with_itself_is_that_style(tiny_network, statistic):
    style = picture(2)
    alone = style_targets(tiny_network, (style,), style_statistic=statistic)
    mixed = style_targets(tiny_network, (style, style), style_blend=(1.0, 2.0), style_statistic=statistic)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4), mixed, alone)


def test_gram_matrices_are_averaged(tiny_network):
    one, other = picture(2), picture(3)
    apart = [style_targets(tiny_network, (style,), style_statistic="gram") for style in (one, other)]
    mixed = style_targets(tiny_network, (one, other), style_blend=(3.0, 1.0), style_statistic="gram")
    for layer in mixed:
        (gram,), (one_gram,), (other_gram,) = mixed[layer], apart[0][layer], apart[1][layer]
        np.testing.assert_allclose(gram, 0.75 * one_gram + 0.25 * other_gram, rtol=1e-5)


def test_a_run_with_two_styles_mixes_them_equally_by_default(tiny_network):
    styles = [picture(2, *STYLE_SHAPE), picture(3, *STYLE_SHAPE)]
    mixed = nst_jax.stylize(CONTENT, styles, RECIPE, network=tiny_network, style_blend=(1.0, 1.0))
    assert [style["name"] for style in mixed.provenance["style"]] == ["array", "array"]
    equal = nst_jax.stylize(CONTENT, styles, RECIPE, network=tiny_network)
    np.testing.assert_array_equal(mixed.picture, equal.picture)
    alone = nst_jax.stylize(CONTENT, styles[0], RECIPE, network=tiny_network)
    assert np.abs(alone.picture - mixed.picture).max() > 0.01


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"style_blend": (1.0,)}, "There are 2 styles but 1 weights"),
        ({"style_groups": ("relu1_1,relu2_1",)}, "There are 2 styles but 1 groups"),
        ({"style_groups": ("relu1_1", "relu1_1")}, "No style is given for the layer relu2_1"),
        ({"style_groups": ("relu1_1", "relu9_1")}, "'relu9_1' in --style-groups is none of the style layers"),
        ({"style_blend": (-1.0, 2.0)}, "must be zero or positive"),
        ({"style_blend": (0.0, 0.0)}, "all zero"),
    ],
)
def test_impossible_mixtures_are_refused(tiny_network, changes, message):
    with pytest.raises(InputError, match=message):
        nst_jax.stylize(CONTENT, [picture(2), picture(3)], RECIPE, network=tiny_network, **changes)
