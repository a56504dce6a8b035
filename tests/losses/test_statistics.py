"""Laws that hold for every style statistic: distances, mixtures and regions."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_jax.losses.content import content_loss
from nst_jax.losses.statistics import make_style_target, mix_statistics, style_loss, style_statistics
from nst_jax.losses.total_variation import total_variation
from nst_jax.losses.wasserstein import EPSILON, gaussian
from nst_jax.objective.guidance import downsample_guides
from tests.losses.feature_maps import assert_close, pairs, seeds, shuffled
from tests.losses.gradients import assert_gradient_agrees_with_finite_differences

KINDS = ["gram", "mean-std", "wasserstein"]


def distance(kind):
    """Return the style loss of one feature map from another."""

    def loss(features, target):
        return style_loss(
            style_statistics(features, kind, "hw"), make_style_target(style_statistics(target, kind, "hw"))
        )

    return loss


@pytest.mark.parametrize("kind", ["gram", "mean-std"])
@given(features=pairs, seed=seeds)
def test_the_style_loss_is_a_distance_that_does_not_depend_on_positions(kind, features, seed):
    """The Wasserstein distance, whose matrix roots need double precision, is tested in `test_wasserstein`."""
    loss_of = distance(kind)
    one, other = (jnp.asarray(array) for array in features)
    loss = loss_of(one, other)
    assert loss >= 0
    assert loss_of(one, one) == 0
    assert_close(loss_of(other, one), loss)
    assert_close(loss_of(jnp.asarray(shuffled(features[0], seed)), one), 0, 1 + jnp.abs(one).max() ** 4)


LOSSES = {
    "content": content_loss,
    "gram": distance("gram"),
    "moments": distance("mean-std"),
    "tv l2": lambda image, _: total_variation(image, "l2"),
    "tv l2-nine-point": lambda image, _: total_variation(image, "l2-nine-point"),
    "tv l2-half-sum": lambda image, _: total_variation(image, "l2-half-sum"),
}
COMPILED = {name: jax.jit(loss) for name, loss in LOSSES.items()}


@pytest.mark.parametrize("name", LOSSES)
@given(features=pairs)
def test_compilation_does_not_change_a_loss(name, features):
    one, other = (jnp.asarray(array) for array in features)
    assert_close(COMPILED[name](one, other), LOSSES[name](one, other), 1 + jnp.abs(one).max() ** 4)


@pytest.mark.parametrize("name", ["content", "gram", "moments"])
def test_gradients_agree_with_finite_differences(name, x64):
    other = jnp.asarray(np.random.default_rng(1).normal(size=(4, 5, 3)))
    assert_gradient_agrees_with_finite_differences(lambda x: LOSSES[name](x, other))


def features_of(seed):
    return jnp.asarray(np.random.default_rng(seed).normal(seed, 1, (4, 5, 3)))


def assert_trees_close(one, other, **tolerance):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, **tolerance), one, other)


@pytest.mark.parametrize("kind", KINDS)
@given(parts=st.lists(st.floats(0.1, 10), min_size=2, max_size=3))
def test_a_mixture_of_one_style_with_itself_is_that_style(kind, parts):
    with jax.enable_x64(True):
        statistics = style_statistics(features_of(1), kind, "hw")
        mixed = mix_statistics([statistics] * len(parts), jnp.asarray(parts) / sum(parts))
        assert_trees_close(mixed, statistics, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_a_mixture_with_weights_of_one_and_zero_is_one_of_the_styles(kind, x64):
    statistics = [style_statistics(features_of(seed), kind, "hw") for seed in (1, 2)]
    for index in range(2):
        mixed = mix_statistics(statistics, jnp.eye(2)[index])
        assert_trees_close(mixed, statistics[index], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@given(share=st.floats(0, 1))
def test_means_of_a_mixture_lie_between_those_of_its_styles(kind, share):
    """The second moments of Gaussians are averaged as Gram matrices are, so that variances may exceed both."""
    with jax.enable_x64(True):
        one, other = (style_statistics(features_of(seed), kind, "hw") for seed in (1, 2))
        mixed = mix_statistics([one, other], jnp.asarray([share, 1 - share]))
        for a, b, mixture in zip(*map(jax.tree.leaves, (one, other, mixed)), strict=True):
            if a.ndim == 1 or kind == "gram":
                np.testing.assert_array_less(jnp.minimum(a, b) - 1e-12, mixture)
                np.testing.assert_array_less(mixture, jnp.maximum(a, b) + 1e-12)


def test_a_mixture_of_gaussians_is_the_distribution_of_all_positions_together(x64):
    """With equal weights, where both have the same number of positions."""
    one, other = features_of(1), features_of(2)
    mixed = mix_statistics([gaussian(one), gaussian(other)], jnp.asarray([0.5, 0.5]))
    together = gaussian(jnp.concatenate([one, other]))
    np.testing.assert_allclose(mixed.mean, together.mean)
    np.testing.assert_allclose(mixed.covariance, together.covariance, atol=EPSILON * 1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_the_statistics_of_a_region_are_those_of_that_part_alone(kind):
    features = jax.random.normal(jax.random.key(0), (6, 8, 5))
    region = jnp.zeros((1, 6, 8)).at[:, :, :4].set(1)
    guide = downsample_guides(region, ["relu1_1"])["relu1_1"][0]
    guided = style_statistics(features, kind, "hw", guide)
    assert_trees_close(guided, style_statistics(features[:, :4], kind, "hw"), atol=2e-6)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("normalization", ["none", "hw", "chw"])
def test_a_guide_of_ones_changes_no_statistics(kind, normalization):
    features = jax.random.normal(jax.random.key(1), (6, 8, 5))
    guided = style_statistics(features, kind, normalization, jnp.ones((6, 8)))
    assert_trees_close(guided, style_statistics(features, kind, normalization), rtol=1e-5, atol=1e-6)
