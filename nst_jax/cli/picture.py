"""Stylization of a single image: the files it reads and writes, progress, snapshots and the report."""

import contextlib
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nst_jax.api import stylize_steps
from nst_jax.cli.arguments import Command
from nst_jax.cli.events import Events
from nst_jax.cli.inputs import Inputs, read_input
from nst_jax.cli.picture_files import PictureFiles, check_files, plan_files
from nst_jax.cli.progress import Display, network_note, show_progress
from nst_jax.cli.saving import save_result
from nst_jax.cli.signals import StopRequests
from nst_jax.devices import out_of_memory_as_input_error
from nst_jax.engine.checkpoint import Checkpoint
from nst_jax.engine.result import Progress, Result
from nst_jax.errors import describe_exception
from nst_jax.images.picture import Picture

if TYPE_CHECKING:
    from nst_jax.cli.report import Report


def run_picture(command: Command, inputs: Inputs, events: Events, stop: StopRequests) -> int:
    """Stylize one image and write the result.

    Args:
        command: the command line.
        inputs: the content, and one style or several to be used together.
        events: the writer of progress and results as JSON lines on standard output, for programs that read them; it
            writes only with --json.
        stop: the requests to stop the program, such as Ctrl-C, looked at after each progress report.

    Returns:
        The exit code: 0, or 128 plus the number of the signal that stopped the run.

    Raises:
        InputError: for errors that the user can correct.
    """
    files = plan_files(command, inputs)
    pictures = read_input(files.content), [read_input(style) for style in files.styles]
    check_files(files, command, pictures[0])
    checkpoint = Checkpoint(files.checkpoint, command.files.checkpoint_every) if files.checkpoint else None
    aids = _Aids()
    report = _make_report(files.report, *pictures)
    progress: Progress | None = None
    note = network_note(command.recipe)
    every = command.files.save_every or None
    quiet = command.quiet or command.json_lines

    def may_abandon() -> bool:
        return checkpoint is None or stop.repeated

    with (
        out_of_memory_as_input_error(),
        show_progress(quiet, command.verbose, stop.check) as show,
        _saved_after_exceptions(lambda: progress, files, command),
        contextlib.suppress(_StepAbandoned),
    ):
        steps = stylize_steps(
            *pictures,
            command.recipe,
            content_mask=command.regions.content_mask or None,
            style_masks=command.regions.style_mask,
            checkpoint=checkpoint,
            every=every,
            download_bar=show.download_bar,
            watch=_StoppableWatch(show, lambda: progress is not None and stop.requested is not None, may_abandon),
        )
        for progress in steps:
            stop.must_save()
            if note:
                show.say(note)
                note = ""
            show.update(progress)
            events.progress(progress)
            if report:
                aids.attempt("A picture for the report", report.watch, progress)
            if every and progress.step % every == 0 and progress.ending is None:
                snapshot = files.snapshot(progress.step)
                aids.attempt("An unfinished picture", _save_snapshot, progress, snapshot, command)
            if stop.requested is not None:
                if checkpoint is None or stop.repeated or checkpoint.request():
                    break
                # Whoever has asked may kill the program before the checkpoint is there.
                if not files.is_streamed:
                    aids.attempt_once("The picture as it stands", _save_snapshot, progress, files.output, command)
    assert progress is not None
    with out_of_memory_as_input_error():
        result = progress.partial_result
    save_result(result, files.output, command.files)
    events.result(result, str(files.output))
    if checkpoint and result.ending is not None:
        checkpoint.remove()
    if report:
        aids.attempt("The report", report.write, result)
    return _say_ending(result, files, quiet, stop)


@contextlib.contextmanager
def _saved_after_exceptions(
    get_progress: Callable[[], Progress | None], files: PictureFiles, command: Command
) -> Iterator[None]:
    """When an exception leaves the context, save the picture as it stands, if there is one, and say where it is.

    Args:
        get_progress: returns the latest progress; None before the first step.
        files: the files of the run.
        command: the command line.
    """
    try:
        yield
    except Exception:
        progress = get_progress()
        if progress is not None:
            try:
                save_result(progress.partial_result, files.output, command.files)
                print(f"The picture after {progress.step} steps is in {files.output}.", file=sys.stderr)
            except Exception as second:
                print(f"The picture so far could not be saved: {describe_exception(second)}", file=sys.stderr)
        raise


class _StepAbandoned(BaseException):
    """The user has asked to stop within a step; like `signals.Stopped`, it is not an `Exception`."""


class _StoppableWatch:
    """Passes the progress within a step on to a display, and abandons the step when the user asks to stop.

    Args:
        display: shows the plan and the progress within a step.
        must_stop: returns whether the user has asked to stop and there is a picture to save.
        may_abandon: returns False while a checkpoint needs the step and the user has asked only once.

    Raises:
        _StepAbandoned: by `evaluated`.
    """

    def __init__(self, display: Display, must_stop: Callable[[], bool], may_abandon: Callable[[], bool]):
        self._display, self._must_stop, self._may_abandon = display, must_stop, may_abandon
        self._has_said = False
        self.planned = display.planned

    def evaluated(self, fraction: float) -> None:
        self._display.evaluated(fraction)
        if not self._must_stop():
            return
        if self._may_abandon():
            raise _StepAbandoned
        if not self._has_said:
            self._display.say("finishing this step for the checkpoint; Ctrl-C again discards it")
            self._has_said = True


class _Aids:
    """A guard for what accompanies a run, such as snapshots: a failure is one warning, and the run goes on."""

    def __init__(self) -> None:
        self._done_with: set[str] = set()

    def attempt(self, name: str, action: Callable[..., None], *arguments: Any) -> None:
        """Call `action(*arguments)`, unless an earlier attempt of the same name failed.

        Args:
            name: what is attempted, as the beginning of the warning.
            action: the attempt.
            *arguments: its arguments.
        """
        if name in self._done_with:
            return
        try:
            action(*arguments)
        except Exception as error:
            self._done_with.add(name)
            warnings.warn(f"{name} could not be made: {describe_exception(error)}", stacklevel=2)

    def attempt_once(self, name: str, action: Callable[..., None], *arguments: Any) -> None:
        """Call `action(*arguments)` as `attempt` does, but only the first time that the name is given."""
        self.attempt(name, action, *arguments)
        self._done_with.add(name)


def _save_snapshot(progress: Progress, path: Path, command: Command) -> None:
    """Write the image so far."""
    progress.partial_result.save(path, bit_depth=command.files.bit_depth, dpi=command.files.dpi)


def _make_report(path: Path | None, content: Picture, styles: list[Picture]) -> "Report | None":
    if path is None:
        return None
    # matplotlib, which draws the curves, is slow to import, so it is imported only for a report.
    from nst_jax.cli.report import Report

    return Report(path, content, styles)


def _say_ending(result: Result, files: PictureFiles, quiet: bool, stop: StopRequests) -> int:
    """Print how the run ended, and return the exit code."""
    output = "standard output" if files.is_streamed else files.output
    if result.ending is None:
        checkpoint = files.checkpoint
        resume_hint = f"; the same command goes on from {checkpoint}" if checkpoint and checkpoint.exists() else ""
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
    if not quiet and not files.is_streamed:
        print(f"The picture is in {output}")
    return 0
