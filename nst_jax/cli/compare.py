"""Stylize one pair of pictures with several settings and show the results on a labeled sheet.

`nst-jax-compare photo.jpg painting.jpg --recipes pytorch-tutorial gatys`
`nst-jax-compare photo.jpg painting.jpg --style-weights 1 10 100 --steps 50 200 -o sheet.png`

Every option of nst-jax takes several values here. The sheet has one column for each value of the last option with
several values, and one row for each combination of the other options' values. Lists of layers are given as
relu1_1,relu2_1. nst-jax --help explains each option.
"""

import dataclasses
import functools
import itertools
import re
import sys
import types
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.progress import track

import nst_jax
from nst_jax import images
from nst_jax.errors import InputError
from nst_jax.images import writing
from nst_jax.images.contact_sheet import Cell, sheet
from nst_jax.recipes.published import get_recipe


@dataclasses.dataclass(frozen=True, kw_only=True)
class Command:
    """Stylize one pair of pictures with several settings and show the results on a labeled sheet."""

    content: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="CONTENT")]
    """The photograph to stylize, whose objects are kept."""

    style: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="STYLE")]
    """The painting whose colors, textures and brush strokes are taken."""

    output: Annotated[Path, tyro.conf.arg(aliases=["-o"])] = Path("comparison.png")
    """File for the sheet (.png, .jpg, .webp or .tif)."""

    cell: int = 320
    """Long side of each picture on the sheet, in pixels; a larger number makes a larger sheet."""

    pictures: Path | None = None
    """Folder to also save each result in, as a separate file at its full size; by default only the sheet is saved."""

    recipes: tuple[str, ...] = ()
    """Names of the published methods to compare; nst-jax --list-recipes shows them."""


def _plural(name: str) -> str:
    return name if name.endswith("s") else f"{name}s"


def _axes_command() -> type[Command]:
    """Return a subclass of `Command` with a field for each setting of a recipe, which takes any number of values."""
    fields: list[Any] = []
    for field in dataclasses.fields(nst_jax.Recipe):
        single = str if _element_type(field) else field.type
        alias = [] if field.name.endswith("s") else [f"--{field.name.replace('_', '-')}"]
        kind = Annotated[tuple[single, ...], tyro.conf.arg(aliases=alias, help="", help_behavior_hint="")]  # type: ignore[valid-type]
        fields.append((_plural(field.name), kind, dataclasses.field(default=(), kw_only=True)))
    made = dataclasses.make_dataclass("Command", fields, bases=(Command,), frozen=True, kw_only=True)
    made.__doc__ = __doc__
    return made


def variants(command: Command, words: Sequence[str]) -> tuple[list[tuple[str, nst_jax.Recipe]], int]:
    """Combine the values of all options: return the recipes of their Cartesian product.

    Args:
        command: the options.
        words: the words of the command line, from which the order of the options is read.

    Returns:
        The combinations as (label, recipe), row by row, and the number of results in each row.

    Raises:
        InputError: if no option has several values, or a combination is impossible.
    """
    axes: list[list[tuple[str, str, Any]]] = []
    if command.recipes:
        axes.append([("recipe", name, name) for name in command.recipes])
    for field in dataclasses.fields(nst_jax.Recipe):
        values = getattr(command, _plural(field.name))
        if values:
            axes.append([(field.name, str(value), _value(field, value)) for value in values])
    # The axes keep the order in which their options were given; --style-weights=1 may also be spelled --style-weight=1.
    given = [word.split("=")[0].removeprefix("--").replace("-", "_") for word in words]
    varied = [axis for axis in axes if len(axis) > 1]
    varied.sort(key=lambda axis: min(given.index(name) for name in _names(axis[0][0]) if name in given))
    if not varied:
        raise InputError(
            "There is nothing to compare; give an option several values, such as --style-weights 10 30 100."
        )
    combinations = []
    for choice in itertools.product(*varied, *(axis for axis in axes if len(axis) == 1)):
        changes = {name: value for name, _, value in choice}
        recipe = dataclasses.replace(get_recipe(changes.pop("recipe", "default")), **changes)
        label = ", ".join(
            shown if name == "recipe" else f"{name.replace('_', ' ')} {shown}"
            for name, shown, _ in choice[: len(varied)]
        )
        combinations.append((label, recipe))
    return combinations, len(varied[-1])


def _names(name: str) -> tuple[str, str]:
    return name, _plural(name)


def _element_type(field: dataclasses.Field[Any]) -> Any:
    """Return the type of the elements of a tuple field, which may also be None; None for other fields."""
    choices = typing.get_args(field.type) if isinstance(field.type, types.UnionType) else (field.type,)
    tuples = [choice for choice in choices if typing.get_origin(choice) is tuple]
    return typing.get_args(tuples[0])[0] if tuples else None


def _value(field: dataclasses.Field[Any], value: Any) -> Any:
    element = _element_type(field)
    if element is None:
        return value
    try:
        return tuple(element(part) for part in value.split(","))
    except ValueError:
        raise InputError(
            f"{value} is not a list of numbers with commas, as --{_plural(field.name)} takes them."
        ) from None


def rows_of(results: list[Cell], inputs: tuple[Cell, Cell], in_a_row: int) -> Iterator[list[Cell | None]]:
    """Arrange the results in rows, with the inputs at the left edge.

    The content stands above the style, or beside it if there is only one row of results.

    Args:
        results: the results, row by row.
        inputs: the content and the style.
        in_a_row: the number of results in a row.

    Yields:
        The rows of the sheet; None is an empty cell.
    """
    rows = [results[start : start + in_a_row] for start in range(0, len(results), in_a_row)]
    if len(rows) == 1:
        yield [*inputs, *rows[0]]
        return
    for row, first in zip(rows, itertools.chain(inputs, itertools.repeat(None)), strict=False):
        yield [first, *row]


def compare(command: Command) -> None:
    """Stylize the content in the style once for each combination of settings, and write all results to one image.

    The combinations are the Cartesian product of the values of all options. The image written is a grid of the labeled
    results, with the content and the style at its left edge; see `rows_of`.

    Args:
        command: the command line, an instance of the class that `_axes_command` makes.

    Raises:
        InputError: for errors that the user can correct.
    """
    combinations, in_a_row = variants(command, sys.argv)
    writing.check_target(command.output)
    content, style = images.read(command.content), images.read(command.style)
    # Load all networks first, so that a missing one is reported before any time is spent on stylizing.
    load = functools.cache(nst_jax.load_network)
    for _, recipe in combinations:
        load(recipe.network)
    results = []
    for label, recipe in track(combinations, "painting"):
        result = nst_jax.stylize(content, style, recipe, network=load(recipe.network))
        results.append(Cell(images.on_white(result.picture, result.alpha), label))
        if command.pictures:
            command.pictures.mkdir(parents=True, exist_ok=True)
            result.save(command.pictures / f"{_file_stem(label)}.png")
    inputs = Cell(content.rgb, "content"), Cell(style.rgb, "style")
    writing.save(command.output, sheet(list(rows_of(results, inputs, in_a_row)), command.cell))


def _file_stem(label: str) -> str:
    """Return a name for a file from a label, without the characters that file names of some system must not have."""
    return re.sub(r'[<>:"/\\|?*\s]', "-", label.replace(", ", "_"))


def main() -> None:
    """Compare what the words of the command line say; `nst_jax.cli.main.compare` is the command."""
    compare(tyro.cli(_axes_command(), prog="nst-jax-compare"))
