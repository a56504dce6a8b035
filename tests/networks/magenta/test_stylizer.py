"""The laws of magenta's network as a whole: mixtures, batches, compiled programs, sizes and files."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.errors import InputError
from nst_jax.networks.magenta import inception_v3
from nst_jax.networks.magenta.stylizer import MagentaNetwork, load_magenta
from nst_jax.networks.weights.magenta import hdf5
from nst_jax.networks.weights.magenta.random_init import random_network
from tests.conftest import picture

WEIGHTS = random_network("mobilenet_v2", 1 / 16, 1 / 16, seed=2)
transform = jax.jit(lambda network, contents, vectors: network.transform(contents, vectors))
style_vector = jax.jit(lambda network, image: network.style_vector(image))


@pytest.fixture(scope="module")
def network() -> MagentaNetwork:
    return MagentaNetwork(WEIGHTS)


@pytest.fixture(scope="module")
def vectors(network) -> jax.Array:
    return jnp.stack([style_vector(network, jnp.asarray(picture(seed, 40, 48), jnp.float32)) for seed in (1, 2)])


CONTENTS = jnp.asarray(np.stack([picture(seed, 18, 23) for seed in (3, 4)]), jnp.float32)


@pytest.mark.slow
def test_results_are_pictures_of_the_size_of_the_contents(network, vectors):
    result = transform(network, CONTENTS, vectors)
    assert result.shape == CONTENTS.shape
    assert float(result.min()) >= 0
    assert float(result.max()) <= 1
    assert float(result.std()) > 0.01


@pytest.mark.slow
def test_a_batch_equals_a_loop_and_a_compiled_program_equals_single_operations(network, vectors):
    batch = transform(network, CONTENTS, vectors)
    loop = [network.transform(CONTENTS[index : index + 1], vectors[index : index + 1])[0] for index in range(2)]
    np.testing.assert_allclose(batch, jnp.stack(loop), atol=1e-5)


@pytest.mark.slow
def test_mixtures_at_their_ends_are_the_styles_and_change_steadily_between(network, vectors):
    first, second = vectors

    def mixed(share):
        vector = (1 - share) * first + share * second
        return transform(network, CONTENTS, jnp.stack([vector, vector]))

    np.testing.assert_array_equal(mixed(0.0), transform(network, CONTENTS, jnp.stack([first, first])))
    np.testing.assert_array_equal(mixed(1.0), transform(network, CONTENTS, jnp.stack([second, second])))
    distances = [float(jnp.abs(mixed(share) - mixed(0.0)).mean()) for share in (0.0, 0.25, 0.5, 1.0)]
    assert distances == sorted(distances)
    assert distances[1] > 1e-3


@pytest.mark.slow
def test_the_vectors_of_scales_and_shifts_are_affine_in_the_style(network, vectors):
    first, second = (network.style_parameters(vector[None]) for vector in vectors)
    middle = network.style_parameters(vectors.mean(0, keepdims=True))
    for layer, pair in middle.items():
        for value, one, other in zip(pair, first[layer], second[layer], strict=True):
            np.testing.assert_allclose(value, (one + other) / 2, atol=1e-5)


@pytest.mark.slow
def test_networks_of_one_structure_share_a_compiled_program(network, vectors):
    program = jax.jit(lambda network, contents, vectors: network.transform(contents, vectors))
    other = MagentaNetwork(random_network("mobilenet_v2", 1 / 16, 1 / 16, seed=9))
    assert not np.allclose(program(network, CONTENTS, vectors), program(other, CONTENTS, vectors))
    assert program._cache_size() == 1


@pytest.mark.slow
def test_files_give_the_same_network(tmp_path, network, vectors):
    hdf5.write(tmp_path / "small.h5", WEIGHTS)
    loaded = load_magenta(tmp_path / "small.h5")
    np.testing.assert_array_equal(transform(loaded, CONTENTS, vectors), transform(network, CONTENTS, vectors))


@pytest.mark.slow
def test_images_that_are_too_small_are_refused(network):
    large = MagentaNetwork(random_network("inception_v3", 1 / 16, 1 / 16))
    least = inception_v3.MIN_SIZE

    def shape_of(function, *shapes):
        return jax.eval_shape(function, *(jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes)).shape

    assert shape_of(large.style_vector, (least, least + 1, 3)) == (100,)
    # One pixel less leaves nothing at the end of the trunk.
    assert 0 in shape_of(large.predictor.trunk, (1, least - 1, 50, 3))
    with pytest.raises(InputError, match=f"style image has 50x{least - 1} pixels.* needs {least}x{least}"):
        large.style_vector(jnp.zeros((least - 1, 50, 3)))
    assert shape_of(network.style_vector, (1, 1, 3)) == (100,)
    assert shape_of(network.transform, (1, 5, 5, 3), (1, 100)) == (1, 5, 5, 3)
    with pytest.raises(InputError, match="content image has 30x4 pixels"):
        network.transform(jnp.zeros((1, 4, 30, 3)), jnp.zeros((1, 100)))
