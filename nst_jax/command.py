"""The words of the command line, checked, as one plain dataclass; no jax, so that `--help` is instant."""

import contextlib
import dataclasses
import io
import itertools
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import tyro

from nst_jax.errors import InputError
from nst_jax.recipe import Recipe
from nst_jax.recipes import named

REPORT_SUFFIXES = (".html", ".png")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Command:
    """Paint a photograph, or a folder of them, in the manner of a painting. Without pictures, a sample pair is used."""

    content: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="CONTENT", help_behavior_hint="")] = ""
    """The picture whose objects are kept, or a folder of pictures."""

    styles: Annotated[tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="STYLE", help_behavior_hint="")] = ()
    """The picture whose manner is taken; with several, each content is painted in each style."""

    output: Annotated[str, tyro.conf.arg(aliases=["-o"], metavar="PATH", help_behavior_hint="")] = ""
    """Where the result goes (.png, .jpg, .webp or .tif); by default CONTENT_STYLE.png in the current folder. For a
    folder, the folder of results, by default CONTENT_stylised; what is there already is not painted again."""

    recipe_name: Annotated[str, tyro.conf.arg(name="recipe", metavar="NAME")] = "default"
    """A published method with all its settings, such as gatys or pytorch-tutorial; other options change single ones."""

    list_recipes: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print the recipes and do nothing else."""

    recipe: tyro.conf.OmitArgPrefixes[Recipe] = dataclasses.field(default_factory=Recipe)

    save_every: int = 0
    """Also save the picture after every so many steps, with the step in its name; 0 saves only the result."""

    report: Annotated[str, tyro.conf.arg(metavar="PATH")] = ""
    """Also write a page on the run, .html or .png: inputs, result, snapshots, curves of the losses, settings."""

    batch_size: int = 0
    """Of a folder, how many pictures are painted at once; 0 finds what fits into memory."""

    format: Literal["png", "jpg", "webp", "tif"] = "png"
    """Of a folder, the kind of files to write."""

    quiet: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print nothing but warnings and errors."""

    verbose: tyro.conf.FlagCreatePairsOff[bool] = False
    """Also print the network, the device and the times."""

    def __post_init__(self) -> None:
        if self.content and not self.styles:
            raise InputError("Give two pictures, CONTENT and STYLE, or none for the sample pair; STYLE is missing.")
        if self.save_every < 0:
            raise InputError(f"--save-every takes a number of steps, or 0 for none, not {self.save_every}.")
        if self.batch_size < 0:
            raise InputError(f"--batch-size takes a number of pictures, or 0 for what fits, not {self.batch_size}.")
        if self.report and Path(self.report).suffix.lower() not in REPORT_SUFFIXES:
            raise InputError("A report is a page to look at; give --report a name that ends in .html or .png.")
        if self.quiet and self.verbose:
            raise InputError("--quiet and --verbose contradict each other; give one of them.")


def _recipe_name(words: Sequence[str]) -> str:
    """What the other options are changes to must be known before they are read."""
    found = "default"
    for word, following in itertools.zip_longest(words, words[1:], fillvalue=""):
        if word == "--recipe":
            found = following
        elif word.startswith("--recipe="):
            found = word.removeprefix("--recipe=")
    return found


def parse(arguments: list[str] | None) -> Command:
    """The command, or an InputError of one sentence where tyro would draw a box."""
    words = sys.argv[1:] if arguments is None else arguments
    name = _recipe_name(words)
    box = io.StringIO()
    try:
        with contextlib.redirect_stderr(box):
            return tyro.cli(Command, prog="stylize", args=words, default=Command(recipe_name=name, recipe=named(name)))
    except SystemExit as error:
        if not error.code:
            raise
        lines = [line.strip("│ ") for line in box.getvalue().splitlines() if line.startswith("│")]
        sentence = " ".join(itertools.takewhile(lambda line: not line.startswith("─"), lines))
        raise InputError(f"{sentence.rstrip('.')}. See --help for all options.") from None
