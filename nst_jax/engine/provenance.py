"""Provenance: a description of how an image was computed, complete enough to repeat the run."""

import dataclasses
import functools
import importlib.metadata
import platform
from collections.abc import Sequence
from typing import Any

from nst_jax.images.picture import Picture, SourceInfo
from nst_jax.networks.weights.of_recipe import AnyWeights
from nst_jax.recipes.recipe import Recipe

_PACKAGES = ("nst-jax", "jax", "jaxlib", "flax", "optax", "numpy", "pillow")


@dataclasses.dataclass(frozen=True)
class RunInputs:
    """The identities of everything that a result was computed from, besides its settings.

    Attributes:
        network: the network's "name", "sha256" and "preprocessing".
        content: the content image.
        styles: the style images.
        masks: the masks, the content's first; empty without masks.
    """

    network: dict[str, str]
    content: SourceInfo
    styles: tuple[SourceInfo, ...]
    masks: tuple[SourceInfo, ...] = ()


def network_facts(network: AnyWeights) -> dict[str, str]:
    """Return the identity of a network: its "name", "sha256" and "preprocessing"."""
    return {"name": network.name, "sha256": network.sha256, "preprocessing": network.preprocessing}


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that determine what an image looks like."""
    return {"python": platform.python_version()} | {package: _version(package) for package in _PACKAGES}


# Reading and parsing the metadata of a package takes milliseconds, and every saved picture records all versions.
@functools.cache
def _version(package: str) -> str:
    """Return the version of a package, or "unknown" if it is not installed, as nst-jax run from a copy of its files."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def run_inputs(
    network: AnyWeights, content: Picture, styles: Sequence[Picture], masks: Sequence[Picture] = ()
) -> RunInputs:
    """Return the identities of a network and images; hashes what has not been hashed before."""
    return RunInputs(
        network_facts(network),
        content.info,
        tuple(style.info for style in styles),
        tuple(mask.info for mask in masks),
    )


def provenance(recipe: Recipe, inputs: RunInputs) -> dict[str, Any]:
    """Return settings (the seed among them), network, inputs, versions and device as plain data, fit for JSON.

    Inputs are named without their folders and identified by the SHA-256 of their pixels. Several styles are a list, and
    so are masks, which are left out if there are none. "chosen" has the supersampling and the number of steps where the
    recipe leaves them to the program, which may choose others in another version.
    """
    # Imported here, because the plan of a cluster compares settings on machines that compute nothing.
    import jax

    styles = [_described(style) for style in inputs.styles]
    values = {} if recipe.fast else {"supersampling": recipe.supersampling_factor, "steps": recipe.main_steps}
    return {
        "recipe": dataclasses.asdict(recipe),
        "chosen": {name: value for name, value in values.items() if getattr(recipe, name) is None},
        "network": inputs.network,
        "content": _described(inputs.content),
        "style": styles[0] if len(styles) == 1 else styles,
        "versions": versions(),
        "device": jax.devices()[0].device_kind,
    } | ({"masks": [_described(mask) for mask in inputs.masks]} if inputs.masks else {})


def describe_difference(found: Any, wanted: dict[str, Any]) -> str:
    """Describe the first setting in which two runs differ, as "NAME VALUE, not VALUE".

    Args:
        found: the settings of an earlier run, as read from JSON; anything but a dictionary counts as empty.
        wanted: the settings of this run.
    """
    for key, value in wanted.items():
        other = found.get(key) if isinstance(found, dict) else None
        if other != value:
            if isinstance(value, dict) and isinstance(other, dict):
                return describe_difference(other, value)
            return f"{key.replace('_', ' ')} {other}, not {value}"
    return "other settings"


def _described(source: SourceInfo) -> dict[str, str]:
    return {"name": source.name, "sha256": source.sha256}
