"""Parsing and validation of the command line into one dataclass; imports no jax, so that `--help` is fast."""

import dataclasses
import functools
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

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
    """Masks: which parts of the photograph are stylized, and from which parts of the style picture."""

    content_mask: Annotated[str, tyro.conf.arg(metavar="PATH")] = ""
    """Mask for the content picture, with the same aspect ratio: white is stylized, black keeps the photograph.
    More than nine shades of gray, as from soft edges, are one region, in which gray is stylized partly.
    Otherwise each flat color or gray (at most 8, each at least 0.2 % of the mask) is a region, and black is none.
    Pixels between colors, as from JPEG compression, join the nearest one; but save several gray regions as PNG."""

    style_mask: Annotated[tuple[str, ...], tyro.conf.arg(metavar="PATH")] = ()
    """Masks for the style pictures: one path for each, in the same order, with the aspect ratio of its picture.
    The style is taken only from the parts that are not black.
    With one style picture or a mixture, each region of --content-mask takes its style from the same color here.
    With several, each is for one region (see STYLE), which takes the style from all parts that are not black."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class FileSettings:
    """File formats, and what is written besides the picture."""

    bit_depth: Literal[8, 16] = 8
    """Bits per color channel: 8, or 16 for further editing (.png and .tif only; larger files)."""

    dpi: int = 0
    """Print resolution to note in the file, in dots per inch, 1 to 10000; the pixels stay the same.
    0 copies the resolution of the content picture, if its file has one."""

    save_every: int = 0
    """Also save the unfinished picture after each multiple of this number of steps, counted over all sizes.
    Files are named like the result with the step added, such as NAME-00050.png, and have its size.
    0 saves only the result. Works for one picture, not for a folder."""

    report: Annotated[str, tyro.conf.arg(metavar="PATH")] = ""
    """Also write a report to this file (.html or .png): inputs, result, loss curves and settings.
    It shows small pictures of five stages of the run, whatever --save-every is. Works for one picture."""

    checkpoint: Annotated[str, tyro.conf.arg(metavar="PATH")] = ""
    """Save the state of the run in this file from time to time, and delete it when the run is complete.
    If the run is interrupted, the same command resumes from the file. Works for one picture.
    With other pictures, masks, network or settings, a file from an earlier run is an error; delete it to begin anew."""

    checkpoint_every: float = 30.0
    """Seconds between two writes of the --checkpoint file, 0 or more; 0 writes about twice a second.
    A lower number loses less work when the run is interrupted, but spends more time on writing."""

    format: Literal["png", "jpg", "webp", "tif"] = "png"
    """File format of the results when --output is a folder or standard output.
    For a single picture, the suffix of --output decides."""


# The groups of settings that make up a recipe.
_RECIPE_GROUPS = Settings.__bases__


@dataclasses.dataclass(frozen=True, kw_only=True)
class Command:
    """Render a photograph, or a folder of photographs, in the style of a painting.

    Without CONTENT and STYLE, a sample pair of pictures is used.
    """

    pictures: Annotated[
        tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="PICTURE", help_behavior_hint="")
    ] = ()
    """CONTENT STYLE: the photograph to stylize, whose objects are kept, and the painting to take the style from.
    With --style, all pictures here are photographs. Each may be a folder of photographs, a pattern such as '*.jpg',
    or - for standard input."""

    styles: Annotated[
        tuple[str, ...], tyro.conf.arg(name="style", aliases=["-s"], metavar="STYLE", help_behavior_hint="")
    ] = ()
    """The paintings whose colors, textures and brush strokes are taken: files, folders or patterns.
    With several, each photograph is rendered in each style.
    With --style-blend or --style-groups, it is rendered in a mixture of them.
    With --content-mask, each region is rendered in one: the darkest in the first, and so on to the brightest.
    There must be as many styles as regions (black is none), or a single style for all regions."""

    output: Annotated[str, tyro.conf.arg(aliases=["-o"], metavar="PATH", help_behavior_hint="")] = ""
    """File for the result (.png, .jpg, .webp or .tif), which is overwritten if it exists; - is standard output.
    By default CONTENT_STYLE.png in the current folder, with a number added if that exists.
    A folder that exists, or a path that ends in a slash, is the folder for a file of that name.
    For several photographs or styles, the folder for the results, by default CONTENT_stylized.
    Several styles get a subfolder each, unless they are mixed.
    A picture is skipped if a result of its name exists there, unless the photograph has changed since; a folder with
    results of other settings is an error."""

    sheet: Annotated[str, tyro.conf.arg(metavar="PATH")] = ""
    """Also write a contact sheet to this file: photographs at the left, styles at the top, results between them.
    Works for several photographs or styles."""

    recipe_name: Annotated[str, tyro.conf.arg(name="recipe", metavar="NAME")] = "default"
    """Start from all settings of a method: default (our own) or a published one, such as gatys or pytorch-tutorial.
    Other options override single settings; --list-recipes shows all recipes.
    --recipe NAME --help shows the defaults of that recipe."""

    quality: Quality = "normal"
    """Number of steps of the default recipe: draft does fewer and is faster, best does more and is slower.
    Changes only --steps and --coarse-steps, which may also be given; an error with other recipes."""

    list_recipes: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print a table of all recipes and exit."""

    version: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print the version of the program and exit."""

    batch_size: int = 0
    """The most pictures of a folder that are computed at the same time; more need more memory.
    0 estimates how many fit into memory, up to 4 on a CPU and 256 on each GPU. No effect on a single picture."""

    quiet: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print only warnings and errors."""

    json_lines: Annotated[tyro.conf.FlagCreatePairsOff[bool], tyro.conf.arg(name="json")] = False
    """Print events for programs on standard output, one JSON object per line, in place of lines for people."""

    verbose: tyro.conf.FlagCreatePairsOff[bool] = False
    """Also print the network, the device, the software versions and the run time."""

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
        """The recipe made of the settings of all groups.

        Raises:
            InputError: if settings contradict each other.
        """
        groups = [getattr(self, name) for name in _recipe_groups()]
        return Recipe(**{key: value for group in groups for key, value in vars(group).items()})

    def __post_init__(self) -> None:
        if self.batch_size < 0:
            raise InputError(f"--batch-size takes a number of pictures, or 0 for what fits, not {self.batch_size}.")
        if self.quiet and self.verbose:
            raise InputError("--quiet and --verbose contradict each other; give one of them.")
        _check_files(self.files)
        recipe, unchanged = self.recipe, get_recipe(self.recipe_name, self.quality)
        for name in ("content_weight", "style_weight"):
            if recipe.style_strength is not None and getattr(recipe, name) != getattr(unchanged, name):
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


def _recipe_groups() -> dict[str, Any]:
    """Map the fields of `Command` that are groups of recipe settings to the classes of these groups."""
    classes: dict[str, Any] = {field.name: field.default_factory for field in dataclasses.fields(Command)}
    return {name: group for name, group in classes.items() if group in _RECIPE_GROUPS}


def _default_command(name: str, quality: Quality) -> Command:
    """Build the command whose settings are those of a recipe at a quality; all other fields have their defaults."""
    recipe = get_recipe(name, quality)
    groups = {
        key: group(**{field.name: getattr(recipe, field.name) for field in dataclasses.fields(group)})
        for key, group in _recipe_groups().items()
    }
    return Command(recipe_name=name, quality=quality, **groups)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Base:
    """The options that set the defaults of all other options, so that they must be known before those are parsed."""

    recipe_name: Annotated[str, tyro.conf.arg(name="recipe")] = "default"
    quality: Quality = "normal"


def parse(arguments: list[str] | None) -> Command:
    """Parse and validate the command line.

    Args:
        arguments: the words after the program's name; None takes them from `sys.argv`.

    Raises:
        InputError: for settings that are impossible.
        SystemExit: with code 0 after printing the help, with code 2 after tyro's message about words that it cannot
            parse.
    """
    words = sys.argv[1:] if arguments is None else arguments
    try:
        # Read by tyro, because a search through the words would have to know what is the value of another option.
        base, _ = tyro.cli(_Base, args=words, return_unknown_args=True, add_help=False, console_outputs=False)
    except SystemExit:
        # tyro will say below what is wrong with the options.
        base = _Base()
    default = _default_command(base.recipe_name, base.quality)
    return tyro.cli(Command, prog="nst-jax", args=words, default=default)
