"""Stylization of a single image: inputs, progress, snapshots, report and output files."""

import functools
import itertools
import sys
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from nst_jax import images
from nst_jax.api import stylize_steps
from nst_jax.cli.arguments import Command, FileSettings
from nst_jax.cli.progress import network_note, show_progress
from nst_jax.cli.signals import StopRequests
from nst_jax.devices import out_of_memory_as_input_error
from nst_jax.engine.checkpoint import Checkpoint
from nst_jax.engine.result import Result
from nst_jax.errors import InputError
from nst_jax.files import bundled_dir, check_writable
from nst_jax.images.picture import Picture
from nst_jax.images.writing import check_bit_depth, check_target

if TYPE_CHECKING:
    from nst_jax.cli.report import Report

SAMPLE_CONTENT, SAMPLE_STYLE = "chelsea.png", "night-swirls.jpg"


def run_picture(command: Command, stop: StopRequests) -> int:
    """Stylize one image and write the result.

    Args:
        command: the command line.
        stop: the requests to stop, looked at after each progress report.

    Returns:
        The exit code: 0, or 128 plus the number of the signal that stopped the run.

    Raises:
        InputError: for errors that the user can correct.
    """
    content, *styles = (Path(name).expanduser() for name in _inputs(command))
    output = Path(command.output).expanduser() if command.output else _unused_name(content, styles)
    check_target(output)
    check_bit_depth(output, command.files.bit_depth)
    for name in filter(None, (command.files.report, command.files.checkpoint)):
        check_writable(Path(name).expanduser())
    masks = [Path(name).expanduser() for name in (command.regions.content_mask, *command.regions.style_mask) if name]
    sources = (content, *styles, *masks, Path(command.recipe.init).expanduser())
    if output.exists() and any(path.exists() and output.samefile(path) for path in sources):
        raise InputError(f"{output} is one of the pictures to work from; give another name for the result.")

    save = functools.partial(_save, files=command.files)
    progress, report, note = None, None, network_note(command.recipe)
    saved_at_stop = False
    checkpoint = _checkpoint(command.files)
    with out_of_memory_as_input_error(), show_progress(command.quiet, command.verbose, stop.check) as show:
        every = command.files.save_every or None
        pictures = images.read(content), [images.read(style) for style in styles]
        report = _report(command, *pictures)
        steps = stylize_steps(
            *pictures,
            command.recipe,
            content_mask=command.regions.content_mask or None,
            style_masks=command.regions.style_mask,
            checkpoint=checkpoint,
            every=every,
            download_bar=show.download_bar,
        )
        for progress in steps:
            stop.must_save()
            if note:
                show.say(note)
                note = ""
            show.update(progress)
            if report:
                report.watch(progress)
            if every and progress.step % every == 0 and progress.ending is None:
                save(progress.partial_result, output.with_stem(f"{output.stem}-{progress.step:05d}"))
            if stop.requested is not None:
                if checkpoint is None or stop.repeated or checkpoint.request():
                    break
                if not saved_at_stop:
                    # Whoever has asked may kill the program before the checkpoint is there.
                    save(progress.partial_result, output)
                    saved_at_stop = True
    assert progress is not None
    with out_of_memory_as_input_error():
        result = progress.partial_result
    save(result, output)
    if report:
        report.write(result)
    if checkpoint and result.ending is not None:
        checkpoint.remove()
    if result.ending is None:
        resume_hint = (
            f"; the same command goes on from {checkpoint.path}" if checkpoint and checkpoint.path.exists() else ""
        )
        print(
            f"Stopped after {result.steps} steps; the picture as it stands is in {output}{resume_hint}", file=sys.stderr
        )
        return stop.exit_code
    if result.diverged:
        warnings.warn(
            f"The loss was not finite after {result.steps} steps; {output} holds the last good picture. "
            "Smaller weights, or for Adam a smaller --learning-rate, may help.",
            stacklevel=1,
        )
    elif result.exploded:
        warnings.warn(
            f"The loss ended higher than it began, so {output} is hardly what you want. --optimizer lbfgs, which looks "
            "before it steps, smaller weights, or for Adam a smaller --learning-rate, may help.",
            stacklevel=1,
        )
    if not command.quiet:
        print(f"The picture is in {output}")
    return 0


def _report(command: Command, content: Picture, styles: list[Picture]) -> "Report | None":
    if not command.files.report:
        return None
    # matplotlib, which draws the curves, is slow to import, so it is imported only for a report.
    from nst_jax.cli.report import Report

    return Report(Path(command.files.report).expanduser(), content, styles)


def _inputs(command: Command) -> tuple[str, ...]:
    if command.content:
        return command.content, *command.styles
    examples = bundled_dir("examples")
    return str(examples / SAMPLE_CONTENT), str(examples / SAMPLE_STYLE)


def _unused_name(content: Path, styles: list[Path]) -> Path:
    """Return CONTENT_STYLE.png in the current folder, with a number added if that exists: no file is overwritten."""
    stem = "_".join(path.stem for path in (content, *styles))
    names = itertools.chain([f"{stem}.png"], (f"{stem}_{number}.png" for number in itertools.count(2)))
    return next(path for path in map(Path, names) if not path.exists())


def _checkpoint(files: FileSettings) -> Checkpoint | None:
    if not files.checkpoint:
        return None
    return Checkpoint(Path(files.checkpoint).expanduser(), files.checkpoint_every)


def _save(result: Result, path: Path, files: FileSettings) -> None:
    """Write a result; if that fails, write it to a new temporary folder and name that in the error."""
    write = functools.partial(result.save, bit_depth=files.bit_depth, dpi=files.dpi)
    try:
        write(path)
    except InputError as error:
        # A full disk must not destroy the result of a long computation.
        fallback = Path(tempfile.mkdtemp(prefix="nst-jax-")) / path.name
        try:
            write(fallback)
        except InputError:
            fallback.parent.rmdir()
            raise error from None
        raise InputError(f"{error} The picture is kept in {fallback}.") from error
