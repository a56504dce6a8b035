"""The blending of a composite of patches with the recolored content."""

import hypothesis
import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np

from nst_jax.fast import blending
from tests.conftest import picture
from tests.losses.feature_maps import seeds

SIDE, SHAPE = 4, (24, 40)
blend = jax.jit(blending.blend, static_argnums=3)
with_chroma = jax.jit(blending.with_chroma_of, static_argnums=3)


def flat(*color: float):
    return jnp.broadcast_to(jnp.asarray(color, jnp.float32), (*SHAPE, 3))


def chroma(image):
    image = np.asarray(image)
    return image - (image @ blending.LIGHTNESS)[..., None]


@hypothesis.given(seeds)
def test_a_composite_that_is_the_content_stays_as_it_is(seed):
    image = jnp.asarray(picture(seed, *SHAPE))
    np.testing.assert_allclose(blend(image, image, flat(0.4, 0.5, 0.6), SIDE), image, atol=1e-6)


def test_even_areas_take_the_stated_share_of_lightness_and_color():
    composite, own = flat(0.5, 0.5, 0.5), flat(0.7, 0.6, 0.5)
    made = blend(composite, own, own, SIDE)
    light = float(own[0, 0] @ blending.LIGHTNESS) - 0.5
    expected = (
        0.5 + blending.OWN_LIGHTNESS[0] * light + blending.OWN_COLOR[0] * (np.array([0.7, 0.6, 0.5]) - 0.5 - light)
    )
    np.testing.assert_allclose(made, np.broadcast_to(expected, made.shape), atol=1e-6)


def test_fine_differences_count_for_less_than_those_of_whole_positions():
    """A checkerboard of single pixels has no mean; the content's own lightness differs from the composite by it."""
    board = jnp.asarray(np.repeat(np.indices(SHAPE).sum(0)[..., None] % 2 * 0.2 - 0.1, 3, -1), jnp.float32)
    gray = flat(0.5, 0.5, 0.5)
    np.testing.assert_allclose(
        blend(gray, gray + board, gray, SIDE), gray + blending.OWN_LIGHTNESS[1] * board, atol=1e-6
    )


@hypothesis.given(seeds, st.floats(0.2, 3))
def test_chroma_is_amplified_where_the_other_has_more_and_lightness_stays(seed, factor):
    mean = flat(0.45, 0.5, 0.55)
    other = jnp.asarray(picture(seed, *SHAPE))
    # The other's chroma beside the mean's, times the factor.
    image = other + (factor - 1) * jnp.asarray(chroma(other - mean))
    made = with_chroma(image, other, mean, SIDE)
    np.testing.assert_allclose(made @ blending.LIGHTNESS, image @ blending.LIGHTNESS, atol=1e-5)
    before, after = (np.square(chroma(each - mean)).sum() for each in (image, made))
    gain = np.sqrt(after / before)
    assert 1 - 1e-5 <= gain <= blending.MOST_CHROMA + 1e-5
    if factor >= 1:
        np.testing.assert_allclose(made, image, atol=1e-6)
    elif factor < 0.9:
        assert gain > 1.01


def test_a_gray_picture_stays_gray():
    gray = jnp.repeat(jnp.asarray(picture(2, *SHAPE)).mean(-1, keepdims=True), 3, -1)
    made = with_chroma(gray, jnp.asarray(picture(3, *SHAPE)), flat(0.5, 0.5, 0.5), SIDE)
    np.testing.assert_allclose(made, gray, atol=1e-6)
