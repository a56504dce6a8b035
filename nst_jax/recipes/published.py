"""Published methods by name, each with the settings that its authors used and its source: plain data.

A published weight is meaningful only together with the network, the input range, the divisor of the Gram matrices and
the reduction of the losses, so a recipe contains all of them. `tests/references/pytorch_references.py` implements each
method independently in PyTorch.
"""

import dataclasses
from typing import Any, Literal, NamedTuple, get_args

from nst_jax.errors import InputError
from nst_jax.recipes.recipe import Recipe

_FIVE = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
# The default recipe without everything that it adds to the published methods.
_PLAIN = Recipe(
    optimizer="lbfgs",
    content_layers=("relu4_2",),
    style_layers=_FIVE,
    style_layer_weights=(),
    spectral_exponent=0.0,
    relative=False,
    scales=1,
    fine_steps=0,
    supersampling=1.0,
    keep_detail=False,
    style_huber=0.0,
    tv_weight=0.0,
    tv_color=1.0,
    clipping="end",
    enlarge_style=True,
    start_colors="content",
    recolor_content=False,
    smooth_chroma=0.0,
    style_statistic="gram",
    padding="zeros",
    jitter=0.0,
    opponent_colors=False,
)


class PublishedRecipe(NamedTuple):
    """A recipe and its source: the publication or the code that it was taken from."""

    recipe: Recipe
    source: str


_GATYS = dataclasses.replace(
    _PLAIN,
    network="vgg19",
    tuned_for="caffe",
    resize="short",
    optimizer="lbfgs-fixed",
    lbfgs_memory=100,
    pixel_range=255.0,
    steps=500,
    content_weight=1.0,
    style_weight=1000.0,
    style_layer_weights=tuple(1 / width**2 for width in (64, 128, 256, 512, 512)),
    layer_reduction="sum",
)

_PYTORCH = dataclasses.replace(
    _PLAIN,
    network="vgg19-torchvision",
    tuned_for="torchvision",
    resize="short",
    optimizer="lbfgs-fixed",
    lbfgs_memory=100,
    clipping="evaluation",
    steps=300,
    content_weight=1.0,
    content_layers=("conv2_2",),
    style_weight=1e6,
    style_layers=("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1"),
    gram_normalization="chw",
    layer_reduction="sum",
)

RECIPES: dict[str, PublishedRecipe] = {
    "default": PublishedRecipe(Recipe(), "ours: the best we know"),
    "gatys": PublishedRecipe(_GATYS, "leongatys/PytorchNeuralStyleTransfer, after Gatys, Ecker & Bethge 2016"),
    "gatys-high-resolution": PublishedRecipe(
        dataclasses.replace(_GATYS, size=800, scales=2, scale_factor=800 / 512, coarse_steps=500, steps=200),
        "the same, second part: 512 pixels, then 200 evaluations at 800",
    ),
    "pytorch-tutorial": PublishedRecipe(_PYTORCH, "Jacq, Neural Transfer Using PyTorch (pytorch.org/tutorials)"),
    "pytorch-tutorial-256": PublishedRecipe(
        dataclasses.replace(_PYTORCH, size=256, resize="squash", steps=4000, style_weight=1e5),
        "the same at 256x256 pixels with 4000 evaluations, as in a report on it",
    ),
    "tensorflow-tutorial": PublishedRecipe(
        dataclasses.replace(
            _PLAIN,
            network="vgg19",
            tuned_for="caffe",
            optimizer="adam",
            learning_rate=5.0,
            adam_beta1=0.99,
            adam_beta2=0.999,
            adam_epsilon=0.1,
            adam_epsilon_hat=True,
            pixel_range=255.0,
            clipping="step",
            steps=1000,
            content_weight=1e3,
            content_layers=("relu5_2",),
            style_weight=1e-2,
        ),
        "Yuan, Neural Style Transfer: Creating Art with Deep Learning (blog.tensorflow.org)",
    ),
    "five-layer": PublishedRecipe(
        dataclasses.replace(
            _PLAIN,
            network="vgg19-torchvision",
            tuned_for="torchvision",
            input_range="0-1",
            resize="squash",
            optimizer="adam",
            learning_rate=0.001,
            adam_beta2=0.999,
            steps=1000,
            content_weight=1.0,
            # Torchvision's ReLU works in place and overwrites the convolution's output, so all layers but the last are
            # effectively taken after the ReLU.
            content_layers=("relu1_1", "relu2_1", "relu3_1", "relu4_1", "conv5_1"),
            style_weight=0.01,
            style_layers=("relu1_1", "relu2_1", "relu3_1", "relu4_1", "conv5_1"),
            gram_normalization="none",
            layer_reduction="sum",
        ),
        "the same five layers for both losses, in [0, 1] without mean and deviation, as in tutorials on PyTorch",
    ),
    "neural-style": PublishedRecipe(
        dataclasses.replace(
            _PLAIN,
            network="vgg19",
            tuned_for="caffe",
            input_range="0-256",
            optimizer="lbfgs-fixed",
            lbfgs_memory=100,
            pixel_range=256.0,
            steps=1000,
            init="grey",
            content_weight=5.0,
            style_weight=100.0,
            gram_normalization="chw",
            layer_reduction="sum",
            # The published 1e-3 applies to pixels from 0 to 256.
            tv_weight=1e-3 * 256**2,
            tv_norm="l2-half-sum",
        ),
        "jcjohnson/neural-style (Johnson 2015)",
    ),
    "crowsonkb": PublishedRecipe(
        dataclasses.replace(
            _PLAIN,
            network="vgg19-torchvision",
            tuned_for="torchvision",
            padding="replicate",
            scales=0,
            scale_factor=2**0.5,
            min_size=128,
            first_steps=1000,
            coarse_steps=500,
            steps=500,
            optimizer="adam",
            clipping="step",
            learning_rate=0.02,
            average=0.99,
            carry_moments=True,
            enlarge_style=False,
            content_weight=0.015,
            style_weight=1.0,
            style_layer_weights=(256.0, 64.0, 16.0, 4.0, 1.0),
            style_statistic="wasserstein",
            tv_weight=2.0,
            tv_norm="l2-nine-point",
        ),
        "crowsonkb/style-transfer-pytorch (Crowson 2021)",
    ),
}


Quality = Literal["draft", "normal", "best"]
# The settings that each quality changes in the default recipe.
QUALITIES: dict[Quality, dict[str, Any]] = {
    "draft": {"steps": 40, "coarse_steps": 30, "supersampling": 1.0},
    "normal": {},
    "best": {"steps": 90, "supersampling": 2.0},
}


def recipe_names() -> tuple[str, ...]:
    """Return the names that `get_recipe` knows, "default" first.

    >>> recipe_names()[:2]
    ('default', 'gatys')
    """
    return tuple(RECIPES)


def get_recipe(name: str, quality: Quality = "normal") -> Recipe:
    """Return a recipe by name.

    Args:
        name: a key of RECIPES.
        quality: changes the default recipe by `QUALITIES[quality]`: "draft" has fewer steps than "normal" and no
            supersampling, "best" has more of both. Published methods have only "normal".

    Raises:
        InputError: when the name or the quality is unknown, or a published method is given a quality other than
            "normal".

    >>> get_recipe("default", "draft").steps
    40
    """
    if name not in RECIPES:
        raise InputError(f"There is no recipe '{name}'; there are {', '.join(RECIPES)}.")
    if quality not in QUALITIES:
        raise InputError(f"There is no quality '{quality}'; there are {', '.join(get_args(Quality))}.")
    if quality != "normal" and name != "default":
        raise InputError(
            f"The recipe {name} has a quality of its own; leave --quality out, or give --steps or --supersampling."
        )
    return dataclasses.replace(RECIPES[name].recipe, **QUALITIES[quality])
