"""Every layer of magenta's network against an independent implementation in NumPy, on random weights, in float64."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.networks.magenta.inception_v3 import InceptionV3
from nst_jax.networks.magenta.mobilenet_v2 import MobileNetV2
from nst_jax.networks.magenta.predictor import StyleParameters, StylePredictor
from nst_jax.networks.magenta.stylizer import MagentaNetwork
from nst_jax.networks.magenta.transformer import Transformer
from nst_jax.networks.weights.magenta.checkpoint import from_tensors
from nst_jax.networks.weights.magenta.random_init import random_tensors
from tests.networks.magenta import published

PREDICTORS = ("inception_v3", "mobilenet_v2")
MODULES = {"inception_v3": InceptionV3, "mobilenet_v2": MobileNetV2}
REFERENCES = {"inception_v3": published.inception_v3, "mobilenet_v2": published.mobilenet_v2}
BOTTLENECKS = {"inception_v3": "Conv", "mobilenet_v2": "mobilenet_conv/Conv"}
NARROW = 1 / 16


@functools.cache
def tensors_and_weights(predictor: str, width: float = NARROW, predictor_width: float = NARROW):
    """A checkpoint's tensors in float64, and the parameters that are made of them."""
    tensors = random_tensors(predictor, width, predictor_width, seed=3)
    weights = from_tensors(tensors, "random", "random", predictor_width=predictor_width)
    return {name: array.astype(np.float64) for name, array in tensors.items()}, weights


def pictures(count: int, height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(size=(count, height, width, 3))


def assert_layers_equal(ours, theirs):
    assert set(ours) == set(theirs)
    for name, expected in theirs.items():
        # Activations that are all alike would show nothing.
        assert expected.std() > 1e-3, name
        np.testing.assert_allclose(ours[name], expected, atol=1e-5 * max(1, np.abs(expected).max()), err_msg=name)


@pytest.mark.slow
@pytest.mark.parametrize(("height", "width"), [(16, 12), (21, 14)])
def test_every_layer_of_the_transformer(height, width, x64):
    tensors, weights = tensors_and_weights("mobilenet_v2")
    images, vectors = pictures(2, height, width), np.random.default_rng(1).standard_normal((2, 100))
    style = published.style_parameters(tensors, vectors)
    ours = StyleParameters(weights, jnp.float64)(jnp.asarray(vectors))
    assert set(ours) == set(style)
    assert len(style) == 13
    for layer, expected in style.items():
        for value, reference in zip(ours[layer], expected, strict=True):
            np.testing.assert_allclose(value, reference, atol=1e-10, err_msg=layer)
    run = jax.jit(lambda module, images, style: module.activations(images, style))
    layers = run(Transformer(weights, jnp.float64), jnp.asarray(images), ours)
    assert_layers_equal(layers, published.transformer(tensors, images, style))


@pytest.mark.slow
@pytest.mark.parametrize("predictor", PREDICTORS)
def test_every_layer_of_the_predictor(predictor, x64):
    tensors, weights = tensors_and_weights(predictor, predictor_width=1 / 8)
    # Brighter than pictures, so that some activations reach the upper end of ReLU6.
    images = 5 * pictures(2, 61, 75)
    layers = jax.jit(lambda module, images: module.activations(images))(
        MODULES[predictor](weights, jnp.float64), jnp.asarray(images)
    )
    expected = REFERENCES[predictor](tensors, images)
    assert_layers_equal(layers, expected)
    assert sum(layer.max() == 6 for layer in expected.values()) > 5
    vectors = jax.jit(lambda module, images: module(images))(StylePredictor(weights, jnp.float64), jnp.asarray(images))
    last = "Mixed_6e" if predictor == "inception_v3" else "Conv_1"
    reference = published.bottleneck(tensors, BOTTLENECKS[predictor], expected[last])
    np.testing.assert_allclose(vectors, reference, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(("predictor", "width"), [("inception_v3", 1.0), ("mobilenet_v2", 0.25)])
def test_the_whole_network_at_the_published_widths(predictor, width, x64):
    tensors, weights = tensors_and_weights(predictor, width, 1)
    style, contents = pictures(1, 83, 98, seed=1), pictures(2, 61, 46)
    features = REFERENCES[predictor](tensors, style)
    last = "Mixed_6e" if predictor == "inception_v3" else "Conv_1"
    vector = published.bottleneck(tensors, BOTTLENECKS[predictor], features[last])
    network = MagentaNetwork(weights, jnp.float64)
    np.testing.assert_allclose(network.style_vector(jnp.asarray(style[0])), vector[0], atol=1e-5)
    vectors = np.concatenate([vector, -vector])
    expected = published.transformer(tensors, contents, published.style_parameters(tensors, vectors))
    result = network.transform(jnp.asarray(contents), jnp.asarray(vectors))
    np.testing.assert_allclose(result, expected["transformer/expand/conv3"][:, :61, :46], atol=1e-5)
