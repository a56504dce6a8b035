"""The autoencoder: shapes, borders and standardized codes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.grading.autoencoder import decode, encode, parameter_shapes, random_parameters, standardized
from tests.conftest import picture

PARAMETERS = random_parameters(0)


def test_pictures_become_codes_and_codes_pictures():
    images = jnp.asarray(np.stack([picture(seed, 64, 64) for seed in range(2)]))
    codes = jax.eval_shape(encode, PARAMETERS["encoder"], images)
    assert codes.shape == (2, 8, 8, 16)
    assert jax.eval_shape(decode, PARAMETERS["decoder"], codes).shape == images.shape


def test_both_parts_have_about_150_thousand_parameters():
    assert 130_000 < sum(leaf.size for leaf in jax.tree.leaves(PARAMETERS)) < 160_000
    shapes = {
        f"{layer}/{key}": leaf.shape for layer, leaves in PARAMETERS["encoder"].items() for key, leaf in leaves.items()
    }
    assert shapes == parameter_shapes()


def test_an_even_picture_has_an_even_code():
    """Borders padded with zeros would show."""
    code = encode(PARAMETERS["encoder"], jnp.full((1, 64, 64, 3), 0.3))[0]
    np.testing.assert_allclose(code, jnp.broadcast_to(code[4, 4], code.shape), atol=1e-5)


def test_a_code_tells_where_things_are():
    images = np.full((1, 64, 64, 3), 0.5, np.float32)
    images[0, 40:48, 8:16] = 1
    plain = encode(PARAMETERS["encoder"], jnp.full((1, 64, 64, 3), 0.5))[0]
    changed = np.abs(encode(PARAMETERS["encoder"], jnp.asarray(images))[0] - plain).sum(-1)
    assert changed[5, 1] > 0.1
    assert changed[:3].max() < 1e-5
    assert changed[:, 4:].max() < 1e-5


def test_a_mirrored_network_gives_mirrored_codes():
    """So that no side of a picture counts more than the other."""
    image = jnp.asarray(picture(1, 64, 64))[None]
    mirrored = {name: layer | {"kernel": layer["kernel"][:, ::-1]} for name, layer in PARAMETERS["encoder"].items()}
    codes = encode(mirrored, image[:, :, ::-1])[:, :, ::-1]
    np.testing.assert_allclose(codes, encode(PARAMETERS["encoder"], image), atol=1e-4)


@pytest.mark.slow
def test_standardized_codes_have_no_mean_and_the_same_deviation_in_all_channels():
    images = jnp.asarray(np.stack([picture(seed, 64, 64) for seed in range(4)]))
    codes = encode(standardized(PARAMETERS["encoder"], images), images)
    np.testing.assert_allclose(codes.mean((0, 1, 2)), 0, atol=1e-4)
    np.testing.assert_allclose(codes.std((0, 1, 2)), 1, atol=1e-3)
