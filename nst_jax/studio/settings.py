"""The settings that the page offers, and the recipe that they make; checked without jax."""

import dataclasses
import typing
from typing import Any

from nst_jax.errors import InputError
from nst_jax.recipes.published import RECIPES, get_recipe
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.validation import FAST_SETTINGS, MAX_SIZE
from nst_jax.studio.setting_texts import CHOICES, HELP, LABELS, NEEDED_NETWORKS, RECIPE_TITLES
from nst_jax.studio.store import Record

# A page may name these networks only: a path would let it look for files.
NETWORKS = ("auto", "embedded", "vgg19", "vgg19-torchvision")
# Starting pictures that need no file.
STARTS = ("content", "fast", "noise", "grey", "style")
# The settings of a job in their order on the page, with the bounds and the step of numbers. What is no field of a
# recipe ("quality", "recipe") chooses one.
BASIC = ("size", "style_strength", "color", "style_scale", "quality", "recipe")
ADVANCED = (
    "steps", "seed", "network", "init", "start_colors", "resize", "style_size", "upscale_to_original", "content_weight",
    "style_weight", "tv_weight",
)  # fmt: skip
BOUNDS: dict[str, tuple[float, float, float]] = {
    "size": (64, 4096, 32),
    "style_strength": (0, 1, 0.05),
    "style_scale": (0.25, 4, 0.05),
    "steps": (1, 5000, 1),
    "seed": (0, 2**32 - 1, 1),
    "style_size": (0, MAX_SIZE, 16),
    "content_weight": (0, 1e6, 0.5),
    "style_weight": (0, 1e6, 0.5),
    "tv_weight": (0, 1e6, 1),
}
# None means that the recipe decides: of the steps, its quality.
FROM_RECIPE = (
    "network",
    "style_strength",
    "steps",
    "content_weight",
    "style_weight",
    "tv_weight",
    "init",
    "start_colors",
)
# Settings that only one of the methods has.
OPTIMIZE_ONLY = tuple(name for name in (*BASIC, *ADVANCED) if name not in FAST_SETTINGS or name == "network")

_FIELDS = {field.name: field for field in dataclasses.fields(Recipe)}


def describe_options(network: str = "auto") -> Record:
    """Return all settings, recipes and file formats as the page needs them to draw its form.

    Args:
        network: the network that is used if none is chosen.
    """
    described = [_described(name, network) for name in (*BASIC, *ADVANCED)]
    recipes = [
        {"name": name, "title": RECIPE_TITLES.get(name, name), "description": published.source}
        for name, published in RECIPES.items()
    ]
    return {"settings": described, "recipes": recipes, "formats": ["png", "jpeg", "tiff", "webp"]}


def build_recipe(method: str, settings: Record, blend: tuple[float, ...] = (), network: str = "auto") -> Recipe:
    """Return the recipe of a job.

    Args:
        method: "fast" or "optimize".
        settings: values by name; a missing one, or None, is left to the recipe.
        blend: the weights of several styles that are mixed; empty for one style, or for a style in each region.
        network: the network that is used if none is chosen; "auto" leaves that to the recipe.

    Raises:
        InputError: for an unknown name, an impossible value, or a combination that is impossible.
    """
    given = {name: value for name, value in settings.items() if value is not None}
    for name in given:
        if name not in (*BASIC, *ADVANCED):
            raise InputError(f"There is no setting '{name}'; see /api/options for those that there are.")
    if method not in ("fast", "optimize"):
        raise InputError(f"The method must be fast or optimize, not {method!r}.")
    _check_words(given)
    name, quality = given.pop("recipe", "default"), given.pop("quality", "normal")
    start = get_recipe(name, quality)
    if given.get("network", network) not in (network, *NETWORKS):
        raise InputError(f"The network must be one of {', '.join(NETWORKS)}, not {given['network']!r}.")
    # Of the networks that see pictures, the fast network works with the embedded one only; magenta's is fast itself.
    if network != "auto" and (method == "optimize" or network.startswith("magenta:")):
        given.setdefault("network", network)
    if given.get("init", "content") not in STARTS:
        raise InputError(f"The picture to start from must be one of {', '.join(STARTS)}, not {given['init']!r}.")
    if method == "fast":
        if name != "default" or quality != "normal":
            raise InputError("The fast network has neither recipes nor qualities; choose the optimization for them.")
        given["fast"] = True
    if given.get("style_strength") is not None and {"content_weight", "style_weight"} & set(given):
        raise InputError("The strength takes the place of the weights of content and style; give one of them.")
    return dataclasses.replace(start, style_blend=blend, **given)


def _check_words(given: Record) -> None:
    """Check the types of what is not checked by a recipe, because it chooses one."""
    for name in ("recipe", "quality", "network", "init"):
        if not isinstance(given.get(name, ""), str):
            raise InputError(f"The {name} must be a word, not {given[name]!r}.")


def _described(name: str, network: str) -> Record:
    described: Record = {
        "name": name,
        "label": LABELS[name],
        "help": HELP[name],
        "kind": "choice",
        "advanced": name in ADVANCED,
        "methods": ["optimize"] if name in OPTIMIZE_ONLY else ["fast", "optimize"],
        "default": _default(name, network),
    }
    if name in CHOICES:
        # A network that the server was started with is a choice as well.
        extra = [network] if name == "network" and network not in CHOICES[name] else []
        values = [*CHOICES[name], *extra]
        described["choices"] = [
            {"value": value, "label": label, "help": f"{text} {_needed_network(name, value)}".rstrip()}
            for value, (label, text) in ((each, CHOICES[name].get(each, (each, ""))) for each in values)
        ]
        return described
    kind = _plain_type(name)
    described["kind"] = {bool: "boolean", int: "integer", float: "number"}[kind]
    if name in BOUNDS:
        described |= dict(zip(("minimum", "maximum", "step"), BOUNDS[name], strict=True))
    return described


def _needed_network(name: str, value: str) -> str:
    """Say which network a method needs, before its picture fails for lack of it."""
    return NEEDED_NETWORKS.get(get_recipe(value).network, "") if name == "recipe" else ""


def _default(name: str, network: str) -> Any:
    if name == "network" and network != "auto":
        return network
    if name in FROM_RECIPE:
        return None
    return {"quality": "normal", "recipe": "default"}.get(name) or _FIELDS[name].default


def _plain_type(name: str) -> type:
    kinds = typing.get_args(_FIELDS[name].type) or (_FIELDS[name].type,)
    (kind,) = [kind for kind in kinds if kind is not type(None)]
    return typing.cast(type, kind)
