"""The shell command that makes the same picture as a job."""

import dataclasses
import shlex
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from nst_jax.recipes.published import Quality, get_recipe
from nst_jax.recipes.recipe import Recipe
from nst_jax.studio.store import Record


class CommandInputs(NamedTuple):
    """The input files of a command, as words.

    Attributes:
        content: the photograph.
        styles: the styles.
        content_mask: the mask of the photograph; None without.
        style_masks: the masks of all styles, or empty.
    """

    content: str
    styles: Sequence[str]
    content_mask: str | None = None
    style_masks: Sequence[str] = ()


def shell_command(inputs: CommandInputs, recipe: Recipe, name: str = "default", quality: str = "normal") -> str:
    """Return the command for a POSIX shell.

    Args:
        inputs: the input files.
        recipe: all settings.
        name: the name of the recipe that the settings began with.
        quality: the quality of that recipe.
    """
    words = ["nst-jax", *map(_as_file, (inputs.content, *inputs.styles))]
    if name != "default":
        words += ["--recipe", name]
    if quality != "normal":
        words += ["--quality", quality]
    start = get_recipe(name, cast(Quality, quality))
    for field in dataclasses.fields(Recipe):
        value = getattr(recipe, field.name)
        if value != getattr(start, field.name):
            words += _option(field.name, value)
    if inputs.content_mask:
        words += ["--content-mask", _as_file(inputs.content_mask)]
    if inputs.style_masks:
        words += ["--style-mask", *map(_as_file, inputs.style_masks)]
    return shlex.join(words)


def job_command(job: Record, recipe: Recipe, inputs: CommandInputs) -> str:
    """Return the command of a job, whose settings name a recipe and a quality."""
    settings = job["settings"]
    return shell_command(inputs, recipe, settings.get("recipe") or "default", settings.get("quality") or "normal")


def _option(name: str, value: Any) -> list[str]:
    option = f"--{name.replace('_', '-')}"
    if isinstance(value, bool):
        return [option if value else f"--no-{option[2:]}"]
    if isinstance(value, tuple):
        return [option, *(f"{each:g}" if isinstance(each, float) else str(each) for each in value)]
    return [option, repr(value) if isinstance(value, float) else str(value)]


def _as_file(word: str) -> str:
    """Return a file name that no program takes for an option or for standard input."""
    return f"./{word}" if word.startswith("-") else word
