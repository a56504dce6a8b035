"""Validation of a recipe; each error says what is wrong and what to do about it."""

import dataclasses
import math
import re
import typing
from typing import Literal

from nst_jax.errors import InputError
from nst_jax.recipes.memory import memory_limit, tile_side
from nst_jax.recipes.settings import Settings
from nst_jax.recipes.types import MAGENTA_PREFIX
from nst_jax.recipes.vgg_layers import LAYERS

MAX_SIZE = 16384
# The settings that the fast network has; all others belong to the optimization.
FAST_SETTINGS = (
    "fast",
    "size",
    "resize",
    "upscale_to_original",
    "style_size",
    "style_scale",
    "style_crop",
    "enlarge_style",
    "style_strength",
    "color",
    "smooth_chroma",
    "style_blend",
    "network",
    "seed",
)
# Former defaults, which pictures of the fast network and plans of clusters were saved with; they change nothing there.
FORMER_DEFAULTS = {"steps": 90, "supersampling": 1.0}


def check(recipe: Settings) -> None:
    """Validate a recipe.

    Raises:
        InputError: when a setting is invalid by itself or in combination with another.
    """
    _check_choices(recipe)
    _check_sizes(recipe)
    tile_side(recipe.tile)
    memory_limit(recipe.max_memory)
    _check_optimizer(recipe)
    _check_weights(recipe)
    _check_blend(recipe)
    _check_fast(recipe)


def _check_choices(recipe: Settings) -> None:
    for field in dataclasses.fields(recipe):
        choices = typing.get_args(field.type)
        value = getattr(recipe, field.name)
        if typing.get_origin(field.type) is Literal and value not in choices:
            raise InputError(f"The {_words(field.name)} must be one of {', '.join(choices)}, not {value!r}.")


def _check_sizes(recipe: Settings) -> None:
    for name in ("size", "style_size"):
        value = getattr(recipe, name)
        if value != 0 and not 16 <= value <= MAX_SIZE:
            raise InputError(
                f"The {_words(name)} must be 0 or between 16 and {MAX_SIZE} pixels, not {value}; 512 is usual."
            )
    if recipe.size == 0 and recipe.resize != "long":
        raise InputError("A size of 0 keeps the content's size, so the picture is not resized; leave --resize out.")
    if recipe.supersampling is not None and not 1 <= recipe.supersampling <= 4:
        raise InputError(f"The supersampling must be between 1 and 4, not {recipe.supersampling}; 1.28 is usual.")
    if not 0 <= recipe.smooth_chroma <= 20:
        raise InputError(
            f"The smooth chroma must be between 0 and 20 pixels, not {recipe.smooth_chroma}; 1.75 is usual."
        )
    if not 0.05 <= recipe.style_scale <= 20:
        raise InputError(f"The style scale must be between 0.05 and 20, not {recipe.style_scale}; 1 is usual.")
    if recipe.style_crop and not re.fullmatch(r"\d+,\d+,[1-9]\d*,[1-9]\d*", recipe.style_crop):
        raise InputError(
            f"The style crop must be X,Y,W,H in pixels, such as 100,50,300,200, not {recipe.style_crop!r}."
        )
    if recipe.steps is not None and recipe.steps < 1:
        raise InputError(f"The number of steps must be at least 1, not {recipe.steps}; 62 is usual.")
    if recipe.coarse_steps < 1:
        raise InputError(f"The number of coarse steps must be at least 1, not {recipe.coarse_steps}; 45 is usual.")
    if recipe.fine_steps < 0:
        raise InputError(f"The number of fine steps must be 0 (as --steps) or more, not {recipe.fine_steps}.")
    if recipe.first_steps < 0:
        raise InputError(f"The number of first steps must be 0 (as --coarse-steps) or more, not {recipe.first_steps}.")
    if recipe.scales < 0:
        raise InputError(f"The number of scales must be 0 (as many as fit) or more, not {recipe.scales}.")
    if not 1.1 <= recipe.scale_factor <= 8:
        raise InputError(f"The scale factor must be between 1.1 and 8, not {recipe.scale_factor}; 2 is usual.")
    if recipe.min_size < 16:
        raise InputError(f"The smallest size must be at least 16 pixels, not {recipe.min_size}; 128 is usual.")


def _check_optimizer(recipe: Settings) -> None:
    for name, usual in (("adam_epsilon", 1e-8), ("pixel_range", 1)):
        value = getattr(recipe, name)
        if not (math.isfinite(value) and value > 0):
            raise InputError(f"The {_words(name)} must be a positive number, not {value}; {usual} is usual.")
    for name, usual in (("adam_beta1", 0.9), ("adam_beta2", 0.99), ("average", 0.99)):
        value = getattr(recipe, name)
        if not 0 <= value < 1:
            raise InputError(f"The {_words(name)} must be at least 0 and less than 1, not {value}; {usual} is usual.")
    if not (math.isfinite(recipe.learning_rate) and recipe.learning_rate >= 0):
        raise InputError(
            f"The learning rate must be 0 (automatic) or a positive number, not {recipe.learning_rate}; 0 is usual."
        )
    if recipe.jitter is not None and not 0 <= recipe.jitter <= 1:
        raise InputError(
            f"The jitter must be a fraction of the steps between 0 and 1, not {recipe.jitter}; 0.5 is usual."
        )
    if recipe.average and recipe.optimizer != "adam":
        raise InputError("Only Adam can average over the steps; add --optimizer adam, or leave --average out.")
    if not 1 <= recipe.lbfgs_memory <= 1000:
        raise InputError(f"L-BFGS remembers between 1 and 1000 steps, not {recipe.lbfgs_memory}; 30 is usual.")
    if not 0 <= recipe.spectral_exponent <= 2:
        raise InputError(
            f"The spectral exponent must be between 0 and 2, not {recipe.spectral_exponent}; 0.5 is usual."
        )
    if not 0 <= recipe.seed < 2**32:
        raise InputError(f"The seed must be between 0 and 2**32 - 1, not {recipe.seed}.")


def _check_weights(recipe: Settings) -> None:
    for name in ("content_weight", "style_weight", "tv_weight", "tv_color", "style_huber"):
        value = getattr(recipe, name)
        if not (math.isfinite(value) and value >= 0):
            raise InputError(f"The {_words(name)} must be zero or a positive number, not {value}.")
    if recipe.content_weight == recipe.style_weight == recipe.tv_weight == 0:
        raise InputError("All weights are zero, which leaves nothing to optimize; give one of them a positive value.")
    if recipe.style_strength is not None and not 0 <= recipe.style_strength <= 1:
        raise InputError(
            f"The style strength must be between 0, the photograph, and 1, all style, not {recipe.style_strength}."
        )
    _check_layers("content", recipe.content_weight, recipe.content_layers, recipe.content_layer_weights)
    _check_layers("style", recipe.style_weight, recipe.style_layers, recipe.style_layer_weights or ())


def _check_blend(recipe: Settings) -> None:
    if not all(math.isfinite(weight) and weight >= 0 for weight in recipe.style_blend):
        raise InputError("The weights of --style-blend must be zero or positive numbers.")
    if recipe.style_blend and sum(recipe.style_blend) == 0:
        raise InputError("The weights of --style-blend are all zero; give one of them a positive value.")
    for layer in {layer for group in recipe.style_groups for layer in group.split(",")} - set(recipe.style_layers):
        raise InputError(
            f"'{layer}' in --style-groups is none of the style layers; write groups such as relu1_1,relu2_1."
        )


def _check_fast(recipe: Settings) -> None:
    """Check that a recipe for the fast network changes no setting of the optimization."""
    if not recipe.fast:
        if recipe.network.startswith(MAGENTA_PREFIX):
            raise InputError("Magenta's network is no network for the optimization; add --fast.")
        return
    for field in dataclasses.fields(recipe):
        allowed = (field.default, FORMER_DEFAULTS.get(field.name, field.default))
        if field.name not in FAST_SETTINGS and getattr(recipe, field.name) not in allowed:
            raise InputError(
                f"The fast network has no {_words(field.name)}, which belongs to the optimization; leave it or --fast "
                "out."
            )


def _words(name: str) -> str:
    return name.replace("_", " ")


def _check_layers(kind: str, weight: float, layers: tuple[str, ...], layer_weights: tuple[float, ...]) -> None:
    if weight > 0 and not layers:
        raise InputError(f"The {kind} weight is positive but no {kind} layer is named; name one, such as relu3_1.")
    for layer in layers:
        if layer not in LAYERS:
            raise InputError(
                f"There is no layer '{layer}' in VGG-19; layers are conv1_1 to conv5_4, relu1_1 to relu5_4 and "
                "pool1 to pool5."
            )
    if len(set(layers)) < len(layers):
        raise InputError(f"A {kind} layer is named twice; name each once and use --{kind}-layer-weights instead.")
    if layer_weights and len(layer_weights) != len(layers):
        raise InputError(
            f"There are {len(layers)} {kind} layers but {len(layer_weights)} weights for them; give one for each."
        )
    if not all(math.isfinite(value) and value >= 0 for value in layer_weights):
        raise InputError(f"The weights of the {kind} layers must be zero or positive numbers.")
    if layer_weights and sum(layer_weights) == 0:
        raise InputError(f"The weights of the {kind} layers are all zero; use --{kind}-weight 0 to leave it out.")
