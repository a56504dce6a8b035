"""What a picture's file tells of how it was made: enough to make it again."""

import dataclasses
import platform
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import jax

from nst_jax.images.picture import Picture
from nst_jax.networks.weights import NetworkWeights
from nst_jax.recipes.recipe import Recipe

_PACKAGES = ("nst-jax", "jax", "jaxlib", "flax", "optax", "numpy", "pillow")


def provenance(
    recipe: Recipe, network: NetworkWeights, content: Picture, styles: Sequence[Picture], masks: Sequence[Picture] = ()
) -> dict[str, Any]:
    """Settings (the seed among them), network, inputs, versions and device as plain data, fit for JSON.

    Inputs are named without their folders, and told apart by the SHA-256 of their pixels. Several styles are a list; so
    are masks, if there are any.
    """
    of_styles = [_named(style) for style in styles]
    return {
        "recipe": dataclasses.asdict(recipe),
        "network": {"name": network.name, "sha256": network.sha256, "preprocessing": network.preprocessing},
        "content": _named(content),
        "style": of_styles[0] if len(of_styles) == 1 else of_styles,
        "versions": {"python": platform.python_version()} | {package: version(package) for package in _PACKAGES},
        "device": jax.devices()[0].device_kind,
    } | ({"masks": [_named(mask) for mask in masks]} if masks else {})


def _named(picture: Picture) -> dict[str, str]:
    return {"name": picture.name, "sha256": picture.sha256}


def describe_difference(found: Any, wanted: dict[str, Any]) -> str:
    """The first setting that is not the same, in words: what was found, and what is wanted."""
    for key, value in wanted.items():
        other = found.get(key) if isinstance(found, dict) else None
        if other != value:
            if isinstance(value, dict) and isinstance(other, dict):
                return describe_difference(other, value)
            return f"{key.replace('_', ' ')} {other}, not {value}"
    return "other settings"
