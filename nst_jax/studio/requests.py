"""What a page asks for when it orders a picture: the body of a request, checked."""

import dataclasses
import math
from pathlib import Path
from typing import Any

from nst_jax.errors import InputError
from nst_jax.recipes.recipe import Recipe
from nst_jax.studio.failures import RequestError
from nst_jax.studio.identifiers import is_id
from nst_jax.studio.job_states import DONE
from nst_jax.studio.pictures import Pictures
from nst_jax.studio.settings import build_recipe
from nst_jax.studio.shell_command import CommandInputs, job_command
from nst_jax.studio.store import Record
from nst_jax.studio.studio import Studio

MAX_STYLES = 8
_REGIONS = (
    "The mask of the photograph has {regions} regions, and that of a painting only one, so it is not clear which "
    "region takes the style from there. Paint a single region on the photograph, or remove the masks of the "
    "paintings; or give each region a painting of its own, with equal shares."
)
_KEYS = ("content", "styles", "content_mask", "method", "settings", "start", "experiment")


async def job_fields(studio: Studio, order: Any) -> Record:
    """Return the fields of a new job that follow from an order.

    Args:
        studio: the studio.
        order: the parsed JSON of the request: "content", "styles", "content_mask", "method", "settings",
            and "start", the finished job whose picture is the first of the optimization.

    Raises:
        RequestError: when something is missing or wrong.
        InputError: when settings are invalid.
    """
    if not isinstance(order, dict) or not set(order) <= set(_KEYS):
        raise RequestError(400, f"A picture is ordered by an object with {', '.join(_KEYS)}.")
    settings = order.get("settings") or {}
    if not isinstance(settings, dict):
        raise RequestError(400, "The settings must be an object of values by name.")
    content = studio.pictures.get(order.get("content"), "photograph")
    styles = _styles(order.get("styles"))
    pictures = [studio.pictures.get(style["picture"], "painting") for style in styles]
    mask = order.get("content_mask")
    mask_record = None if mask is None else studio.pictures.get(mask, "mask")
    masks = [studio.pictures.get(style["mask"], "mask") for style in styles if style["mask"] is not None]
    if masks and len(masks) != len(styles):
        raise RequestError(400, "Either each painting has a mask, or none has one.")
    weights = tuple(style["weight"] for style in styles)
    blend = weights if len(styles) > 1 else ()
    if mask_record and (masks or len(styles) > 1):
        regions = await _regions(studio, mask_record)
        if len(styles) > 1 and regions == len(styles):
            # A mask with as many regions as there are paintings gives each region one of them, whatever the shares are:
            # who painted the regions chose a painting for each.
            blend = ()
        elif regions > 1 and 1 in [await _regions(studio, each) for each in masks]:
            raise RequestError(400, _REGIONS.format(regions=regions))
    method = order.get("method")
    recipe = build_recipe(method if isinstance(method, str) else "", settings, blend, studio.network)
    start = order.get("start")
    recipe = _begun_from(studio, start, recipe)
    inputs = CommandInputs(
        _word(studio.pictures, content),
        [_word(studio.pictures, picture) for picture in pictures],
        _word(studio.pictures, mask_record) if mask_record else None,
        [_word(studio.pictures, each) for each in masks],
    )
    fields = {
        "method": method, "content": content["id"], "styles": styles, "content_mask": mask, "settings": settings,
        "start": start,
        "title": " in ".join([Path(content["name"]).stem, " and ".join(Path(each["name"]).stem for each in pictures)]),
        "stem": "_".join(Path(each["name"]).stem for each in (content, *pictures)), "blend": list(blend),
        "total_steps": _total_steps(recipe),
    }  # fmt: skip
    return fields | {"command": job_command(fields, recipe, inputs)}


async def _regions(studio: Studio, mask: Record) -> int:
    answer = await studio.files.ask("regions", mask=studio.pictures.path(mask))
    return int(answer.result)


def recipe_of(studio: Studio, job: Record) -> Recipe:
    """Return the recipe of a job.

    Raises:
        InputError: when a setting has become invalid, as after an update of the program.
        RequestError: when the picture that it goes on from has been deleted.
    """
    recipe = build_recipe(job["method"], job["settings"], tuple(job["blend"]), studio.network)
    # Jobs of earlier versions have no such field.
    return _begun_from(studio, job.get("start"), recipe)


def _begun_from(studio: Studio, start: Any, recipe: Recipe) -> Recipe:
    """Return a recipe whose first picture is the result of a finished job; None changes nothing."""
    if start is None:
        return recipe
    if recipe.fast:
        raise RequestError(400, "The fast network has no picture to begin with; only the optimization can go on.")
    if recipe.init != "content":
        raise InputError("A run begins either with an earlier picture or with what the setting init says; choose one.")
    job = studio.store.get("jobs", start) if isinstance(start, str) and is_id(start) else None
    if job is None or job["state"] != DONE:
        raise RequestError(404, "The picture to go on from is not there; it may have been deleted.")
    return dataclasses.replace(recipe, init=str(studio.folder.result(start, ".tif")))


def _styles(styles: Any) -> list[Record]:
    """Return the styles of an order, each with all its keys."""
    if not isinstance(styles, list) or not 1 <= len(styles) <= MAX_STYLES:
        raise RequestError(400, f"Choose at least one painting, and at most {MAX_STYLES}.")
    found = []
    for style in styles:
        if not isinstance(style, dict):
            raise RequestError(400, "Each painting is given by an object with picture, weight and mask.")
        weight = style.get("weight", 1.0)
        is_number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not is_number or not math.isfinite(weight) or not 0 <= weight <= 1e6:
            raise RequestError(400, "The weight of a painting must be zero or a positive number.")
        found.append({"picture": style.get("picture"), "weight": float(weight), "mask": style.get("mask")})
    return found


def _word(pictures: Pictures, record: Record) -> str:
    """Return how a command names a picture: a file of the user's by its name, others by the path of our file."""
    return str(record["name"]) if record["kind"] == "upload" else str(pictures.path(record))


def _total_steps(recipe: Recipe) -> int:
    """Return an estimate of the number of steps, until the painter knows it."""
    return 1 if recipe.fast else recipe.main_steps
