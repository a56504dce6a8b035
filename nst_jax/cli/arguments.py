"""The words of the command line, checked, as one plain dataclass; no jax, so that `--help` is instant."""

import contextlib
import dataclasses
import functools
import io
import itertools
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import tyro

from nst_jax.errors import InputError
from nst_jax.recipes.published import Quality, get_recipe
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.settings import (
    LossSettings,
    MixtureSettings,
    NetworkSettings,
    OptimizerSettings,
    Settings,
    SizeSettings,
    StepSettings,
    StrengthSettings,
)
from nst_jax.recipes.types import MAX_DPI

REPORT_SUFFIXES = (".html", ".png")


@dataclasses.dataclass(frozen=True, kw_only=True)
class RegionSettings:
    """Which parts are painted, and with which parts of the style. In masks, black is no region."""

    content_mask: Annotated[str, tyro.conf.arg(metavar="PATH")] = ""
    """A picture of the content's shape: white where it is painted, black where the photograph stays; or a few flat
    colors, one a region."""

    style_mask: Annotated[tuple[str, ...], tyro.conf.arg(metavar="PATH")] = ()
    """Where the style is taken from: white, or for each region of --content-mask the same color. With several styles
    one mask for each; each region, from the darkest to the brightest, then takes one style."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class FileSettings:
    """What is written besides the picture, and how."""

    bit_depth: Literal[8, 16] = 8
    """Bits for each color; 16, for further work on the picture, goes with .png and .tif."""

    dpi: int = 0
    """Dots per inch to note in the file, for printing; 0 notes the content picture's, if it has any."""

    save_every: int = 0
    """Also save the picture after every so many steps, with the step in its name; 0 saves only the result."""

    report: Annotated[str, tyro.conf.arg(metavar="PATH")] = ""
    """Also write a page on the run, .html or .png: inputs, result, snapshots, curves of the losses, settings."""

    checkpoint: Annotated[str, tyro.conf.arg(metavar="PATH")] = ""
    """Keep the state of the run in this file; if the run is cut off, the same command goes on from there. It is deleted
    at the end."""

    checkpoint_every: float = 30.0
    """How often that file is written, in seconds."""

    format: Literal["png", "jpg", "webp", "tif"] = "png"
    """Of a folder, the kind of files to write."""


# Those that make up a recipe.
_PARTS = Settings.__bases__


@dataclasses.dataclass(frozen=True, kw_only=True)
class Command:
    """Paint a photograph, or a folder of them, in the manner of a painting. Without pictures, a sample pair is used."""

    content: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="CONTENT", help_behavior_hint="")] = ""
    """The picture whose objects are kept, or a folder of pictures."""

    styles: Annotated[tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="STYLE", help_behavior_hint="")] = ()
    """The picture whose manner is taken; with several, each content is painted in each style, or in a mixture of them
    (--style-blend), or each region in one (--content-mask)."""

    output: Annotated[str, tyro.conf.arg(aliases=["-o"], metavar="PATH", help_behavior_hint="")] = ""
    """Where the result goes (.png, .jpg, .webp or .tif); by default CONTENT_STYLE.png in the current folder. For a
    folder, the folder of results, by default CONTENT_stylized; what is there already is not painted again."""

    recipe_name: Annotated[str, tyro.conf.arg(name="recipe", metavar="NAME")] = "default"
    """A published method with all its settings, such as gatys or pytorch-tutorial; other options change single ones."""

    quality: Quality = "normal"
    """Of the default recipe: draft takes fewer steps, best more; other options change single settings."""

    list_recipes: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print the recipes and do nothing else."""

    batch_size: int = 0
    """Of a folder, how many pictures are painted at once; 0 finds what fits into memory."""

    quiet: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print nothing but warnings and errors."""

    verbose: tyro.conf.FlagCreatePairsOff[bool] = False
    """Also print the network, the device and the times."""

    strength: tyro.conf.OmitArgPrefixes[StrengthSettings] = dataclasses.field(default_factory=StrengthSettings)
    size: tyro.conf.OmitArgPrefixes[SizeSettings] = dataclasses.field(default_factory=SizeSettings)
    mixture: tyro.conf.OmitArgPrefixes[MixtureSettings] = dataclasses.field(default_factory=MixtureSettings)
    regions: tyro.conf.OmitArgPrefixes[RegionSettings] = dataclasses.field(default_factory=RegionSettings)
    files: tyro.conf.OmitArgPrefixes[FileSettings] = dataclasses.field(default_factory=FileSettings)
    steps: tyro.conf.OmitArgPrefixes[StepSettings] = dataclasses.field(default_factory=StepSettings)
    network: tyro.conf.OmitArgPrefixes[NetworkSettings] = dataclasses.field(default_factory=NetworkSettings)
    optimizer: tyro.conf.OmitArgPrefixes[OptimizerSettings] = dataclasses.field(default_factory=OptimizerSettings)
    loss: tyro.conf.OmitArgPrefixes[LossSettings] = dataclasses.field(default_factory=LossSettings)

    @functools.cached_property
    def recipe(self) -> Recipe:
        """The settings of all groups together.

        Raises:
            InputError: when they do not go together.
        """
        given = [getattr(self, name) for name in _groups()]
        return Recipe(**{key: value for group in given for key, value in vars(group).items()})

    def __post_init__(self) -> None:
        if self.content and not self.styles:
            raise InputError("Give two pictures, CONTENT and STYLE, or none for the sample pair; STYLE is missing.")
        if self.batch_size < 0:
            raise InputError(f"--batch-size takes a number of pictures, or 0 for what fits, not {self.batch_size}.")
        if self.quiet and self.verbose:
            raise InputError("--quiet and --verbose contradict each other; give one of them.")
        _check_files(self.files)
        recipe, plain = self.recipe, get_recipe(self.recipe_name, self.quality)
        for name in ("content_weight", "style_weight"):
            if recipe.style_strength is not None and getattr(recipe, name) != getattr(plain, name):
                raise InputError(f"--style-strength takes the place of --{name.replace('_', '-')}; give one of them.")


def _check_files(files: FileSettings) -> None:
    if files.save_every < 0:
        raise InputError(f"--save-every takes a number of steps, or 0 for none, not {files.save_every}.")
    if files.report and Path(files.report).suffix.lower() not in REPORT_SUFFIXES:
        raise InputError("A report is a page to look at; give --report a name that ends in .html or .png.")
    if not 0 <= files.dpi <= MAX_DPI:
        raise InputError(f"--dpi takes dots per inch up to {MAX_DPI}, such as 300, or 0, not {files.dpi}.")
    if not files.checkpoint_every >= 0:
        raise InputError(f"--checkpoint-every takes a number of seconds, not {files.checkpoint_every}; 30 is usual.")


def _groups() -> dict[str, Any]:
    """The names of the recipe's groups of settings in a command, and their classes."""
    classes: dict[str, Any] = {field.name: field.default_factory for field in dataclasses.fields(Command)}
    return {name: group for name, group in classes.items() if group in _PARTS}


def _of_recipe(name: str, quality: str) -> Command:
    """The command that nothing was said about but a recipe's name and a quality."""
    # A word that is no quality is left for tyro to refuse.
    known: Quality = quality if quality in get_args(Quality) else "normal"  # type: ignore[assignment]
    recipe = get_recipe(name, known)
    groups = {
        key: group(**{field.name: getattr(recipe, field.name) for field in dataclasses.fields(group)})
        for key, group in _groups().items()
    }
    return Command(recipe_name=name, quality=known, **groups)


def _value_of(option: str, words: Sequence[str], default: str) -> str:
    """What is given for an option; the other options are changes to it, so it must be known before they are read."""
    found = default
    for word, following in itertools.zip_longest(words, words[1:], fillvalue=""):
        if word == option:
            found = following
        elif word.startswith(f"{option}="):
            found = word.removeprefix(f"{option}=")
    return found


def parse(arguments: list[str] | None) -> Command:
    """The command, or an InputError of one sentence where tyro would draw a box."""
    words = sys.argv[1:] if arguments is None else arguments
    base = _of_recipe(_value_of("--recipe", words, "default"), _value_of("--quality", words, "normal"))
    box = io.StringIO()
    try:
        with contextlib.redirect_stderr(box):
            return tyro.cli(Command, prog="stylize", args=words, default=base)
    except SystemExit as error:
        if not error.code:
            raise
        lines = [line.strip("│ ") for line in box.getvalue().splitlines() if line.startswith("│")]
        sentence = " ".join(itertools.takewhile(lambda line: not line.startswith("─"), lines))
        raise InputError(f"{sentence.rstrip('.')}. See --help for all options.") from None
