"""Parsing and validation of the command line into one dataclass; imports no jax, so that `--help` is fast."""

import contextlib
import dataclasses
import functools
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import tyro

from nst_jax.cli.cluster_options import ClusterSettings
from nst_jax.cli.file_options import FileSettings, RegionSettings, check_file_settings
from nst_jax.errors import InputError
from nst_jax.recipes.published import Quality, get_recipe
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.settings import (
    ColorSettings,
    LossSettings,
    MemorySettings,
    MethodSettings,
    MixtureSettings,
    NetworkSettings,
    OptimizerSettings,
    Settings,
    SizeSettings,
    StepSettings,
    StrengthSettings,
)

# The groups of settings that make up a recipe.
_RECIPE_GROUPS = Settings.__bases__


def _group(kind: type) -> object:
    """Return the description of a group of options, for which tyro would otherwise parse this file and others."""
    return tyro.conf.arg(help=kind.__doc__)


@tyro.conf.configure(tyro.conf.OmitArgPrefixes)
@dataclasses.dataclass(frozen=True, kw_only=True)
class Command:
    """Render photographs in the style of paintings.

    - nst-jax CONTENT STYLE: one photograph in one style.
    - nst-jax CONTENT ... --style STYLE ...: every photograph in every style, or in a mixture of the styles.
    - nst-jax, without any pictures: a sample pair.
    - nst-jax cluster: folders on many machines, in steps; see nst-jax cluster --help.
    - nst-jax studio: a page in the browser; see nst-jax studio --help.
    """

    pictures: Annotated[
        tyro.conf.Positional[tuple[str, ...]], tyro.conf.arg(metavar="[CONTENT STYLE]", help_behavior_hint="")
    ] = ()
    """Two words: CONTENT, the photograph whose objects are kept, and STYLE, the style picture. No word: a sample pair.
    With --style, all words here are photographs.
    Without it, three or more are an error, unless --style-blend, --style-groups or --content-mask is given.
    (With one of these, all words but the first are styles.)
    Each may be a file, a folder, or a pattern in quotes such as '*.jpg'; without quotes, the shell would expand it.
    - is standard input: one style picture, or the photograph if there is one result only."""

    styles: Annotated[
        tuple[str, ...], tyro.conf.arg(name="style", aliases=["-s"], metavar="STYLE", help_behavior_hint="")
    ] = ()
    """The style pictures, whose colors, textures and brush strokes are taken: one or more files, folders or patterns.
    All words after --style are styles, so put the photographs before it.
    With several styles, each photograph is rendered in each style.
    With --style-blend or --style-groups, it is rendered in a mixture of them.
    With --content-mask, each region is rendered in one: the darkest in the first, and so on to the brightest.
    There must be as many styles as regions (black is none), or a single style for all regions."""

    output: Annotated[str, tyro.conf.arg(aliases=["-o"], metavar="PATH", help_behavior_hint="")] = ""
    """Where the result goes, or the results. One photograph in one style gives one result; folders give several.
    Several styles that are mixed, or used for regions, count as one style here.
    One result: a file (.png, .jpg, .webp or .tif), which is overwritten if it exists; - is standard output.
    One result: for an existing folder, or a path that ends in a slash, CONTENT_STYLE.png in it (see --format).
    One result: without --output, CONTENT_STYLE.png in the current folder.
    In both cases, a number is added to CONTENT_STYLE if such a file exists.
    Several results: the folder for them, by default CONTENT_stylized, or pictures_stylized for several words.
    Several results: several styles get a subfolder each, unless they are mixed.
    Several results: a photograph is skipped if its result exists already and the photograph has not changed since.
    Several results: a folder with results of other settings is an error; choose another folder."""

    sheet: Annotated[str, tyro.conf.arg(metavar="PATH")] = ""
    """Also write a contact sheet to this file: photographs at the left, styles at the top, results between them.
    Only for several results (see --output); an error for one."""

    recipe_name: Annotated[str, tyro.conf.arg(name="recipe", metavar="NAME")] = "default"
    """Start from all settings of a method: default (our own) or a published one, such as gatys or pytorch-tutorial.
    Other options override single settings; --list-recipes shows all recipes.
    --recipe NAME --help shows the defaults of that recipe."""

    quality: Quality = "normal"
    """Speed against quality of the default recipe. normal: the defaults of --help.
    draft: --steps 40 --coarse-steps 30 --supersampling 1.
    best: --steps 90 --supersampling 2, which at 512 pixels takes about 3.3 times as long, and more memory.
    Any of these options overrides what the quality sets. draft and best are errors with other recipes."""

    list_recipes: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print a table of all recipes and exit."""

    version: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print the version of the program and exit."""

    batch_size: int = 0
    """The largest number of photographs that are stylized at the same time; more need more memory.
    0 estimates how many fit into memory, up to 4 on a CPU and 256 on each GPU. No effect on one result."""

    quiet: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print only warnings and errors."""

    json_lines: Annotated[tyro.conf.FlagCreatePairsOff[bool], tyro.conf.arg(name="json")] = False
    """Print events for programs on standard output, one JSON object per line, in place of messages for people."""

    verbose: tyro.conf.FlagCreatePairsOff[bool] = False
    """Also print the network, the device, the software versions and the run time."""

    method: Annotated[MethodSettings, _group(MethodSettings)] = dataclasses.field(default_factory=MethodSettings)
    strength: Annotated[StrengthSettings, _group(StrengthSettings)] = dataclasses.field(
        default_factory=StrengthSettings
    )
    size: Annotated[SizeSettings, _group(SizeSettings)] = dataclasses.field(default_factory=SizeSettings)
    memory: Annotated[MemorySettings, _group(MemorySettings)] = dataclasses.field(default_factory=MemorySettings)
    color: Annotated[ColorSettings, _group(ColorSettings)] = dataclasses.field(default_factory=ColorSettings)
    mixture: Annotated[MixtureSettings, _group(MixtureSettings)] = dataclasses.field(default_factory=MixtureSettings)
    regions: Annotated[RegionSettings, _group(RegionSettings)] = dataclasses.field(default_factory=RegionSettings)
    files: Annotated[FileSettings, _group(FileSettings)] = dataclasses.field(default_factory=FileSettings)
    machines: Annotated[ClusterSettings, _group(ClusterSettings)] = dataclasses.field(default_factory=ClusterSettings)
    steps: Annotated[StepSettings, _group(StepSettings)] = dataclasses.field(default_factory=StepSettings)
    network: Annotated[NetworkSettings, _group(NetworkSettings)] = dataclasses.field(default_factory=NetworkSettings)
    optimizer: Annotated[OptimizerSettings, _group(OptimizerSettings)] = dataclasses.field(
        default_factory=OptimizerSettings
    )
    loss: Annotated[LossSettings, _group(LossSettings)] = dataclasses.field(default_factory=LossSettings)

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
        check_file_settings(self.files)
        if self.recipe.fast and (self.files.save_every or self.files.checkpoint):
            raise InputError(
                "A fast picture is made in one step, so that --save-every and --checkpoint have nothing to do; leave "
                "them or --fast out."
            )
        recipe, unchanged = self.recipe, get_recipe(self.recipe_name, self.quality)
        for name in ("content_weight", "style_weight"):
            if recipe.style_strength is not None and getattr(recipe, name) != getattr(unchanged, name):
                raise InputError(f"--style-strength takes the place of --{name.replace('_', '-')}; give one of them.")


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


def parse(arguments: list[str] | None, program: str = "nst-jax", description: str | None = None) -> Command:
    """Parse and validate the command line.

    Args:
        arguments: the words after the program's name; None takes them from `sys.argv`.
        program: the program's name, for its help.
        description: what its help says first; None takes the description of `Command`.

    Raises:
        InputError: for settings that are impossible.
        SystemExit: with code 0 after printing the help, with code 2 after tyro's message about words that it cannot
            parse.
    """
    words = sys.argv[1:] if arguments is None else arguments
    base = _parse_base(words)
    default = _default_command(base.recipe_name, base.quality)
    return tyro.cli(Command, prog=program, description=description, args=words, default=default)


def _parse_base(words: Sequence[str]) -> _Base:
    """Read `--recipe` and `--quality`, which give the other options their defaults; ignore everything else."""
    base = _Base()
    # Most commands have neither option, and one more parse takes as long as the import of tyro.
    if not any(word.startswith(("--recipe", "--quality")) for word in words):
        return base
    # What is wrong with the options is reported when all of them are parsed.
    with contextlib.suppress(SystemExit):
        # By tyro, because a plain search could take the value of another option for one of these.
        base, _ = tyro.cli(_Base, args=words, return_unknown_args=True, add_help=False, console_outputs=False)
    return base
