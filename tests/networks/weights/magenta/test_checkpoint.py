"""From the tensors of a checkpoint to parameters: folding, and what is refused."""

import numpy as np
import pytest

from nst_jax.errors import InputError
from nst_jax.networks.weights.magenta.checkpoint import from_tensors
from nst_jax.networks.weights.magenta.random_init import random_tensors
from tests.networks.weights.magenta.conftest import WIDTH


def read(tensors):
    return from_tensors(tensors, "file", "name", predictor_width=WIDTH)


def test_the_kinds_are_told_by_the_tensors(tensors, weights):
    assert (weights.predictor, weights.width) == ("mobilenet_v2", WIDTH)
    large = read(random_tensors("inception_v3", 0.5, WIDTH))
    assert (large.predictor, large.width) == ("inception_v3", 0.5)


def test_tensors_of_a_training_are_ignored(tensors, weights):
    others = {
        "global_step": np.int64(3),
        "vgg_16/conv1/conv1_1/weights": np.zeros((3, 3, 3, 64)),
        "transformer/contract/conv1/weights/Adam": np.full(3, np.nan),
    }
    assert read(tensors | others).sha256 == weights.sha256
    # A distillation's checkpoint holds the large predictor too, and the small one counts.
    assert read(tensors | random_tensors("inception_v3", WIDTH, WIDTH) | tensors).predictor == "mobilenet_v2"


def test_normalization_is_folded_into_kernel_and_bias(tensors, weights):
    values = {name: tensors[f"MobilenetV2/Conv/BatchNorm/{name}"].astype(float) for name in
              ("gamma", "beta", "moving_mean", "moving_variance")}  # fmt: skip
    kernel, bias = weights.convolutions["MobilenetV2/Conv"]
    x = np.random.default_rng(0).normal(size=27)
    raw = x @ tensors["MobilenetV2/Conv/weights"].reshape(27, -1).astype(float)
    normalized = (raw - values["moving_mean"]) / np.sqrt(values["moving_variance"] + 0.001)
    expected = normalized * values["gamma"] + values["beta"]
    np.testing.assert_allclose(x @ kernel.reshape(27, -1) + bias, expected, atol=1e-12)


def changed(name, change):
    return lambda tensors: tensors | {name: change(tensors[name])}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda _: {}, "holds no style predictor of magenta"),
        (
            lambda tensors: {name: array for name, array in tensors.items() if not name.startswith("transformer")},
            "holds no transformer of magenta's network",
        ),
        (
            lambda tensors: {
                name: array for name, array in tensors.items() if not name.endswith("contract/conv2/weights")
            },
            "lacks the tensor transformer/contract/conv2/weights",
        ),
        (
            lambda tensors: {name: array for name, array in tensors.items() if not name.endswith("gamma")},
            "lacks the tensor MobilenetV2/Conv/BatchNorm/gamma",
        ),
        (
            changed("transformer/expand/conv1/conv/weights", lambda array: array.transpose(3, 2, 0, 1)),
            r"expand/conv1/conv/weights has the shape \(4, 8, 3, 3\), not \(3, 3, 8, 4\)",
        ),
        (
            changed("mobilenet_conv/Conv/biases", lambda array: array[:50]),
            r"biases has the shape \(50,\), not \(100,\)",
        ),
        (changed("transformer/contract/conv3/weights", lambda array: array[..., :2]), "has a kernel of shape"),
        (changed("transformer/contract/conv3/weights", lambda array: array[0]), "has a kernel of shape"),
        (
            changed("transformer/contract/conv1/BatchNorm/moving_variance", lambda array: -array),
            "moving_variance holds values that are negative",
        ),
        (
            changed("transformer/contract/conv1/BatchNorm/moving_variance", lambda array: array * np.nan),
            "moving_variance holds values that are negative or not numbers",
        ),
        (
            changed("transformer/contract/conv1/BatchNorm/beta", lambda array: array * np.inf),
            "conv1 holds .* not finite",
        ),
        (changed("mobilenet_conv/Conv/weights", lambda array: array * np.nan), "Conv holds values that are not finite"),
        (changed("mobilenet_conv/Conv/weights", lambda array: array.astype("i1")), "int8 values where floats"),
    ],
)
def test_wrong_tensors_are_refused(tensors, change, message):
    with pytest.raises(InputError, match=message) as caught:
        read(change(tensors))
    assert str(caught.value).startswith("file ")
