"""Features, losses and gradient compared with values that PyTorch computed in float64 from the pretrained VGG-19."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.losses.content import content_loss
from nst_jax.losses.gram import gram_matrix, gram_style_loss
from nst_jax.networks.vgg import VGG
from nst_jax.networks.weights.convert import convert
from nst_jax.objective.objective import Objective, evaluate
from nst_jax.objective.targets import make_targets
from nst_jax.recipes.recipe import Recipe
from tests.conftest import shared

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1")
# The settings of the stored content and style terms.
RECIPE = Recipe(
    content_layers=("relu3_2",),
    style_layers=STYLE_LAYERS,
    style_statistic="gram",
    content_weight=3,
    style_weight=3,
    tv_weight=0,
    style_huber=0,
    relative=False,
)  # the style layers' weights are shares that sum to 1, so 3 makes each 1


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    return dict(np.load(shared("reference/vgg19_caffe_golden.npz")))


@pytest.fixture(scope="module")
def network() -> VGG:
    return VGG.of(convert(shared("data/teachers/vgg19_caffe_conv1_1-conv3_4.npz")))


def stored_image(golden: dict[str, np.ndarray], name: str) -> jax.Array:
    return jnp.asarray(golden[f"{name}_u8"], jnp.float32) / 255


def relative_error(value: jax.Array | np.ndarray, reference: np.ndarray) -> float:
    return float(np.linalg.norm(np.asarray(value, np.float64) - reference) / np.linalg.norm(reference))


@pytest.mark.parametrize("layer", ["relu1_1", "relu2_1", "conv3_1", "relu3_1", "relu3_4"])
def test_features_are_those_of_pytorch(golden, network, layer):
    activation = network(stored_image(golden, "image"), [layer])[layer]
    assert relative_error(activation.mean((0, 1)), golden[f"{layer}_mean"]) < 1e-4
    assert relative_error(jnp.linalg.norm(activation), golden[f"{layer}_norm"]) < 1e-4
    assert relative_error(activation[:4, -4:], golden[f"{layer}_patch"][0]) < 1e-4


@pytest.mark.parametrize("layer", STYLE_LAYERS)
def test_gram_matrices_are_those_of_pytorch(golden, network, layer):
    activation = network(stored_image(golden, "style"), [layer])[layer]
    assert relative_error(gram_matrix(activation, "hw")[:64, :64], golden[f"gram_{layer}_style"]) < 1e-4


def test_losses_are_those_of_pytorch(golden, network):
    image, content, style = (
        network(stored_image(golden, name), ["relu3_2", *STYLE_LAYERS]) for name in ("image", "content", "style")
    )
    loss = content_loss(image["relu3_2"], content["relu3_2"])
    assert relative_error(loss, golden["content_loss_relu3_2_mean_squared"]) < 1e-4
    terms = [gram_style_loss(gram_matrix(image[name]), gram_matrix(style[name])) for name in STYLE_LAYERS]
    for term, reference in zip(terms, golden["style_loss_terms_mean_squared_gram_over_hw"], strict=True):
        assert relative_error(term, reference) < 1e-4


def test_the_gradient_of_the_objective_is_that_of_pytorch(golden, network):
    image, content, style = (stored_image(golden, name) for name in ("image", "content", "style"))
    targets = make_targets(network, content, style, RECIPE)
    gradient, _ = jax.jit(jax.grad(evaluate, has_aux=True), static_argnums=3)(
        image, network, targets, Objective.of(RECIPE)
    )
    assert relative_error(gradient, golden["total_gradient"]) < 1e-4
