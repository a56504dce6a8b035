"""The style strength: one number for how much style, and what it does not depend on."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

import nst_jax
from nst_jax import InputError, Recipe
from nst_jax.networks.vgg import VGG
from nst_jax.objective.objective import Objective, evaluate
from nst_jax.objective.targets import make_targets
from nst_jax.recipes.term_weights import LEAST_DISTANCE, term_weights
from tests.conftest import CONTENT_SHAPE, QUICK, STYLE_SHAPE, picture

RECIPE = Recipe(**QUICK | {"steps": 15, "style_strength": 0.5, "start_colors": "style"})
CONTENT, STYLE = picture(1, *CONTENT_SHAPE), picture(2, *STYLE_SHAPE)


def run(network, **changes):
    return nst_jax.stylize(CONTENT, STYLE, RECIPE, network=network, **changes)


def terms_at(image, network, content=CONTENT, style=STYLE, recipe=RECIPE):
    targets = make_targets(network, jnp.asarray(content), jnp.asarray(style), recipe)
    return evaluate(jnp.asarray(image), network, targets, Objective.of(recipe))[1]


def larger(weights, factor):
    """The network with all activations larger by a factor."""
    convolutions = dict(weights.convolutions)
    kernel, bias = convolutions["conv1_1"]
    convolutions = {name: (kernel, factor * bias) for name, (kernel, bias) in convolutions.items()}
    convolutions["conv1_1"] = (factor * kernel, factor * bias)
    return dataclasses.replace(weights, convolutions=convolutions)


@pytest.mark.slow
def test_a_strength_of_1_leaves_the_content_out(tiny_network):
    result = run(tiny_network, style_strength=1.0, start_colors="content")
    assert result.losses.content.max() == 0
    assert result.losses.style[-1] < 0.2 * result.losses.style[0]


def test_a_greater_strength_comes_nearer_to_the_style(tiny_network):
    left = []
    for strength in (0.1, 0.3, 0.6, 1.0):
        weight = term_weights(dataclasses.replace(RECIPE, style_strength=strength)).style
        left.append(run(tiny_network, style_strength=strength, steps=60).losses.style[-1] / weight)
    assert (np.diff(left) < 0).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statistic", "relative"), [("gram", True), ("gram", False), ("mean-std", True), ("wasserstein", False)]
)
def test_at_the_content_the_style_term_is_its_weight(tiny_network, statistic, relative):
    recipe = dataclasses.replace(RECIPE, style_statistic=statistic, relative=relative)
    for network in (tiny_network, larger(tiny_network, 100)):
        for content, style in ((picture(1), picture(2)), (picture(5, 48, 20), 0.2 * picture(6))):
            terms = terms_at(content, VGG.of(network), content, style, recipe)
            assert float(terms.style) == pytest.approx(term_weights(recipe).style, rel=1e-3)
            assert float(terms.content) == 0


@pytest.mark.slow
@pytest.mark.parametrize(("statistic", "tolerance"), [("gram", 1e-4), ("wasserstein", 0.05)])
def test_the_size_of_activations_does_not_matter(tiny_network, statistic, tolerance):
    """It hardly matters to Gaussians, to whose covariances a constant is added."""
    recipe = dataclasses.replace(RECIPE, style_statistic=statistic)
    one, other = (
        terms_at(picture(7, *CONTENT_SHAPE), VGG.of(network), recipe=recipe)
        for network in (tiny_network, larger(tiny_network, 30))
    )
    np.testing.assert_allclose(one, other, rtol=tolerance)


@pytest.mark.slow
def test_a_content_that_has_the_style_is_not_changed(tiny_network):
    terms = terms_at(STYLE, VGG.of(tiny_network), STYLE, STYLE)
    assert float(terms.style) < 1e-4 / LEAST_DISTANCE
    result = nst_jax.stylize(STYLE, STYLE, RECIPE, network=tiny_network, tv_weight=0.0)
    assert np.abs(result.picture - nst_jax.images.resize(STYLE, 48, 34)).max() < 0.02


@pytest.mark.slow
def test_each_image_of_a_batch_has_its_own_measure(tiny_network):
    contents = [CONTENT, 0.3 * picture(8, *CONTENT_SHAPE), picture(4, *CONTENT_SHAPE)]
    together = nst_jax.stylize_batch(contents, STYLE, RECIPE, network=tiny_network, steps=3)
    for content, result in zip(contents, together, strict=True):
        alone = nst_jax.stylize(content, STYLE, RECIPE, network=tiny_network, steps=3)
        np.testing.assert_allclose(result.picture, alone.picture, atol=1e-4)


@pytest.mark.parametrize("jitter", [0.0, 0.4])
def test_a_strength_of_0_leaves_the_photograph_as_it_is(tiny_network, jitter):
    result = run(tiny_network, style_strength=0.0, size=96, min_size=24, jitter=jitter)
    np.testing.assert_allclose(result.picture, nst_jax.images.resize(CONTENT, 64, 96), atol=1e-5)
    assert result.losses.style.max() == 0


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_a_strength_outside_0_and_1_is_refused(value):
    with pytest.raises(InputError, match="between 0, the photograph, and 1, all style"):
        Recipe(style_strength=value)
