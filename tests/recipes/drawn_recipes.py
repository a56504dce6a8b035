"""Recipes drawn by hypothesis: any settings that are valid together."""

import dataclasses
import functools
import types
import typing
from typing import Any, Literal

from hypothesis import strategies as st

from nst_jax.errors import InputError
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.vgg_layers import LAYERS

DEFAULT = Recipe()
FIELDS = {field.name: field for field in dataclasses.fields(Recipe)}
WORDS = {
    "init": ("noise", "grey", "style", "a folder/start.png"),
    "network": ("embedded", "vgg19", "my weights.h5"),
    "style_crop": ("10,20,30,40",),
    "tile": ("off", "512"),
    "max_memory": ("4GB",),
}
NUMBERS = {int: st.integers(0, 2**32 - 1) | st.integers(0, 1000), float: st.floats(0, 20) | st.floats(0, 1)}


def make(**changes: Any) -> Recipe | None:
    """Return the default recipe with changes; None if they are not valid together."""
    try:
        return dataclasses.replace(DEFAULT, **changes)
    except InputError:
        return None


@functools.cache
def values(name: str) -> st.SearchStrategy[Any]:
    """Return the values of a setting that are valid in the default recipe; layers and their weights are apart."""
    kind, default = FIELDS[name].type, getattr(DEFAULT, name)
    options = typing.get_args(kind)
    if typing.get_origin(kind) is Literal:
        return st.sampled_from(options)
    if kind is bool:
        return st.booleans()
    if kind is str:
        return st.sampled_from((default, *WORDS[name]))
    if typing.get_origin(kind) is tuple:
        number = st.floats(0, 10).filter(lambda value: value == 0 or value > 1e-3)
        return st.lists(number, min_size=2, max_size=3).filter(any).map(tuple)
    numbers = NUMBERS[next(each for each in (options or (kind,)) if each is not types.NoneType)]
    return (st.just(default) | numbers).filter(lambda value: make(**{name: value}) is not None)


@st.composite
def layers(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the layers of content and style, their weights, and groups of the style's layers."""
    changes: dict[str, Any] = {}
    for kind in ("content", "style"):
        names = tuple(draw(st.lists(st.sampled_from(LAYERS), min_size=2, max_size=4, unique=True)))
        weights = st.lists(st.floats(0.5, 4), min_size=len(names), max_size=len(names)).map(tuple)
        changes |= {f"{kind}_layers": names, f"{kind}_layer_weights": draw(st.just(()) | weights)}
    first, *others = changes["style_layers"]
    return changes | {"style_groups": draw(st.sampled_from([(), (first, ",".join(others))]))}


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    """Draw a recipe that differs from the default one in some settings."""
    apart = {"content_layers", "content_layer_weights", "style_layers", "style_layer_weights", "style_groups"}
    names = draw(st.lists(st.sampled_from(sorted(set(FIELDS) - apart)), unique=True, max_size=12))
    changes = draw(st.just({}) | layers())
    for name in names:
        more = changes | {name: draw(values(name))}
        # What contradicts the settings drawn before is left out.
        changes = changes if make(**more) is None else more
    recipe = make(**changes)
    assert recipe is not None
    return recipe
