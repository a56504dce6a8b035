"""Words on the command line to a recipe; progress, pictures and errors back to the terminal."""

import contextlib
import dataclasses
import io
import itertools
import sys
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from nst_jax.errors import InputError
from nst_jax.recipe import Recipe
from nst_jax.resources import folder

if TYPE_CHECKING:
    from nst_jax.result import Result

SAMPLE_CONTENT, SAMPLE_STYLE = "chelsea.png", "night-swirls.jpg"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Command:
    """Paint a photograph in the manner of a painting. Without pictures, a sample pair is used."""

    content: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="CONTENT", help_behavior_hint="")] = ""
    """The picture whose objects are kept."""

    style: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="STYLE", help_behavior_hint="")] = ""
    """The picture whose manner is taken."""

    output: Annotated[str, tyro.conf.arg(aliases=["-o"], metavar="PATH", help_behavior_hint="")] = ""
    """Where the result goes (.png, .jpg, .webp or .tif); by default CONTENT_STYLE.png in the current folder."""

    recipe: tyro.conf.OmitArgPrefixes[Recipe] = dataclasses.field(default_factory=Recipe)

    save_every: int = 0
    """Also save the picture after every so many steps, with the step in its name; 0 saves only the result."""

    quiet: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print nothing but warnings and errors."""

    verbose: tyro.conf.FlagCreatePairsOff[bool] = False
    """Also print the network, the device and the times."""

    def __post_init__(self) -> None:
        if self.content and not self.style:
            raise InputError("Give two pictures, CONTENT and STYLE, or none for the sample pair; STYLE is missing.")
        if self.save_every < 0:
            raise InputError(f"--save-every takes a number of steps, or 0 for none, not {self.save_every}.")
        if self.quiet and self.verbose:
            raise InputError("--quiet and --verbose contradict each other; give one of them.")


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line; returns the exit code: 0, 2 for what the user can mend, 130 after Ctrl-C."""
    warnings.showwarning = _show_warning
    try:
        return _run(_parse(arguments))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped before there was a picture.", file=sys.stderr)
        return 130


def _parse(arguments: list[str] | None) -> Command:
    """The command, or an InputError of one sentence where tyro would draw a box."""
    box = io.StringIO()
    try:
        with contextlib.redirect_stderr(box):
            return tyro.cli(Command, prog="stylize", args=arguments)
    except SystemExit as error:
        if not error.code:
            raise
        lines = [line.strip("│ ") for line in box.getvalue().splitlines() if line.startswith("│")]
        sentence = " ".join(itertools.takewhile(lambda line: not line.startswith("─"), lines))
        raise InputError(f"{sentence.rstrip('.')}. See --help for all options.") from None


def _run(command: Command) -> int:
    from nst_jax.display import show_progress
    from nst_jax.saving import check_target

    content, style = (Path(name).expanduser() for name in _pictures(command))
    output = Path(command.output).expanduser() if command.output else _free_name(content, style)
    check_target(output)
    sources = (content, style, Path(command.recipe.init).expanduser())
    if output.exists() and any(path.exists() and output.samefile(path) for path in sources):
        raise InputError(f"{output} is one of the pictures to work from; give another name for the result.")

    from nst_jax.memory import explained
    from nst_jax.stylization import stylize_steps

    result = None
    try:
        with explained(), show_progress(command.recipe.steps, command.quiet, command.verbose) as show:
            every = command.save_every or None
            results = stylize_steps(content, style, command.recipe, every=every, download_bar=show.download_bar)
            for result in results:
                show.update(result)
                if every and result.steps % every == 0 and result.ending is None:
                    _save(result, output.with_stem(f"{output.stem}-{result.steps:05d}"))
    except KeyboardInterrupt:
        if result is None:
            raise
    assert result is not None
    _save(result, output)
    if result.ending is None:
        print(f"Stopped after {result.steps} steps; the picture as it stands is in {output}", file=sys.stderr)
        return 130
    if result.diverged:
        _show_warning(
            f"The loss was not finite after {result.steps} steps; {output} holds the last good picture. "
            "Smaller weights, or for Adam a smaller --learning-rate, may help."
        )
    if not command.quiet:
        print(f"The picture is in {output}")
    return 0


def _pictures(command: Command) -> tuple[str, str]:
    if command.content:
        return command.content, command.style
    examples = folder("examples")
    return str(examples / SAMPLE_CONTENT), str(examples / SAMPLE_STYLE)


def _free_name(content: Path, style: Path) -> Path:
    """CONTENT_STYLE.png in the current folder, with a number where that is taken: no picture is lost unasked."""
    stem = f"{content.stem}_{style.stem}"
    names = itertools.chain([f"{stem}.png"], (f"{stem}_{number}.png" for number in itertools.count(2)))
    return next(path for path in map(Path, names) if not path.exists())


def _save(result: "Result", path: Path) -> None:
    try:
        result.save(path)
    except InputError as error:
        # What took minutes to make is not thrown away for a full disk.
        refuge = Path(tempfile.mkdtemp(prefix="nst-jax-")) / path.name
        try:
            result.save(refuge)
        except InputError:
            refuge.parent.rmdir()
            raise error from None
        raise InputError(f"{error} The picture is kept in {refuge}.") from error


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    print(f"warning: {message}", file=sys.stderr)
