"""A function of one image, applied to a batch: a batch of one is computed without vmap, with the same results."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.objective.examples import map_examples
from tests.conftest import picture


@pytest.mark.parametrize("count", [1, 2])
def test_it_may_be_inside_of_vmap(count):
    images = jnp.stack([jnp.stack([picture(3 * one + other, 4, 4) for one in range(count)]) for other in range(3)])
    found = jax.vmap(map_examples(lambda image: jnp.sum(image**2)))(images)
    np.testing.assert_allclose(found, np.sum(np.asarray(images) ** 2, (2, 3, 4)), rtol=1e-5)


def test_what_vmap_refuses_is_refused():
    one, three = jnp.ones((1, 2)), jnp.ones((3, 2))
    with pytest.raises(ValueError, match="inconsistent sizes"):
        map_examples(jnp.add)(one, three)
    with pytest.raises(ValueError, match="must have at least one non-None"):
        map_examples(jnp.sum, in_axes=None)(one)


class Pair(NamedTuple):
    """A part with a batch axis, and one without."""

    own: dict[str, jax.Array]
    shared: jax.Array


def scaled(pair, factor):
    total = pair.own["image"].sum() * factor
    return Pair({"image": pair.own["image"] * pair.shared * factor, "sum": total}, pair.shared.sum())


@pytest.mark.parametrize("count", [1, 3])
def test_it_is_vmap(count):
    own = jnp.stack([picture(index, 5, 4) for index in range(count)])
    arguments = Pair({"image": own}, jnp.asarray(picture(9, 5, 4))), jnp.float32(0.7)
    axes = {"in_axes": (Pair(0, None), None), "out_axes": Pair(0, None)}
    found, expected = (jax.jit(each(scaled, **axes))(*arguments) for each in (map_examples, jax.vmap))
    assert jax.tree.structure(found) == jax.tree.structure(expected)
    for one, other in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=1e-6)


def test_a_single_example_is_seen_without_a_batch_axis_and_several_are_mapped():
    traces = []

    def seen(image):
        traces.append(type(image))
        return image.sum()

    for count in (1, 2):
        jax.make_jaxpr(map_examples(seen))(jnp.ones((count, 4)))
    single, several = (each.__name__ for each in traces)
    assert single != several == "BatchTracer"


@pytest.mark.parametrize("count", [1, 2])
def test_gradients_pass(count):
    images = jnp.stack([picture(index, 4, 4) for index in range(count)])
    gradient = jax.grad(lambda images: map_examples(lambda image: jnp.sum(image**2))(images).sum())(images)
    np.testing.assert_allclose(gradient, 2 * images, rtol=1e-6)
