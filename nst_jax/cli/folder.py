"""Stylization of several images, or of one image in several styles, into output folders."""

import collections
import contextlib
import dataclasses
import functools
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from nst_jax.batch.jobs import Job, claim_output_folder, folder_settings, is_outdated, jobs_for, style_folders
from nst_jax.batch.listing import SETTINGS_NAME
from nst_jax.batch.progress import Failure, FolderProgress
from nst_jax.batch.runner import stylize_jobs
from nst_jax.cli.arguments import Command
from nst_jax.cli.events import Events
from nst_jax.cli.failures import describe_failure
from nst_jax.cli.folder_progress import show_folder_progress
from nst_jax.cli.inputs import STANDARD_STREAM, Inputs, list_contents, list_styles, read_input
from nst_jax.cli.option_checks import check_several_options
from nst_jax.cli.outputs import NamedFile, check_distinct, source_picture
from nst_jax.cli.progress import network_note, show_progress
from nst_jax.cli.progress_lines import describe_setup
from nst_jax.cli.saving import save_result
from nst_jax.cli.sheet import write_sheet
from nst_jax.cli.signals import StopRequests
from nst_jax.devices import device_kinds
from nst_jax.engine.provenance import network_facts, versions
from nst_jax.errors import InputError
from nst_jax.files import expand_user
from nst_jax.images.picture import Picture
from nst_jax.images.writing import FORMATS, check_target
from nst_jax.networks.weights.of_recipe import AnyWeights, load_weights
from nst_jax.objective.blending import mixture_weights


@dataclasses.dataclass(frozen=True)
class _Work:
    """The jobs of one output folder: all contents in one style, or in one mixture of several styles."""

    styles: list[Picture]
    folder: Path
    jobs: list[Job]


def run_folder(command: Command, inputs: Inputs, events: Events, stop: StopRequests) -> int:
    """Stylize every content in every style, or in one mixture of the styles.

    Args:
        command: the command line.
        inputs: the contents and styles.
        events: the writer of progress and results as JSON lines on standard output, for programs that read them; it
            writes only with --json.
        stop: the requests to stop the program, such as Ctrl-C, looked at after each progress report.

    Returns:
        The exit code: 0, 1 if some images failed, 128 plus the number of the signal that stopped the run.

    Raises:
        InputError: for errors that the user can correct.
    """
    output = _output_folder(command, inputs)
    contents, skipped = list_contents(inputs, [output])
    paths = list_styles(inputs, [output])
    # Styles that are mixed count as one style, with one output folder.
    blends = command.recipe.blends
    folders = [output] if blends else style_folders(paths, output)
    jobs = [jobs_for(contents, folder, f".{command.files.format}") for folder in folders]
    sheet = expand_user(command.sheet) if command.sheet else None
    _check_outputs(folders, jobs, paths, sheet)
    if sheet:
        check_target(sheet)
    all_styles = [read_input(path) for path in paths]
    groups = [all_styles] if blends else [[style] for style in all_styles]
    mixture_weights(command.recipe, len(groups[0]))
    with show_progress(command.quiet or command.json_lines, command.verbose, stop.check) as show:
        weights = load_weights(command.recipe, show.download_bar)
    work = [_Work(*each) for each in zip(groups, folders, jobs, strict=True)]
    for each in work:
        claim_output_folder(each.folder, folder_settings(command.recipe, weights, each.styles))
    code = _stylize_all(work, command, weights, events, stop, skipped)
    if sheet and code in (0, 1):
        write_sheet(sheet, contents, paths, [[job.target for job in each.jobs] for each in work])
        events.emit("sheet", path=str(sheet))
        if not command.quiet and not command.json_lines:
            print(f"The sheet is in {sheet}")
    return code


def _output_folder(command: Command, inputs: Inputs) -> Path:
    """Return the folder for the results, after checks of the options that do not work for folders."""
    output = expand_user(command.output or f"{inputs.content_stem}_stylized")
    if output == STANDARD_STREAM or (output.suffix.lower() in FORMATS and not os.path.isdir(output)):
        raise InputError(f"Several pictures need a folder to go to; give one as -o instead of {output}.")
    check_several_options(command)
    if STANDARD_STREAM in inputs.contents:
        raise InputError("Standard input (-) works for one picture in one style; give files or a folder.")
    for content in inputs.contents:
        if os.path.isdir(content) and os.path.isdir(output) and output.samefile(content):
            raise InputError(f"{output} is the folder of the photographs; give another folder with -o.")
    return output


def _check_outputs(
    folders: Sequence[Path], jobs: Sequence[list[Job]], styles: Sequence[Path], sheet: Path | None
) -> None:
    """Check that no result, settings file or sheet would replace an input or another output."""
    inputs = [source_picture(job.content, "a photograph to stylize") for job in jobs[0]]
    inputs += [source_picture(style, "a style picture") for style in styles]
    outputs = [NamedFile(job.target, "a result") for each in jobs for job in each]
    outputs += [NamedFile(folder / SETTINGS_NAME, "the file of settings") for folder in folders]
    check_distinct([*outputs, *([NamedFile(sheet, "the sheet")] if sheet else [])], inputs)


def _stylize_all(
    work: list[_Work],
    command: Command,
    weights: AnyWeights,
    events: Events,
    stop: StopRequests,
    skipped: list[Path],
) -> int:
    save = functools.partial(save_result, files=command.files)
    failures: list[Failure] = []
    quiet = command.quiet or command.json_lines
    _count_results(work, stop)
    replaced = [{job for job in each.jobs if os.path.exists(job.target) and is_outdated(job)} for each in work]
    missing = [
        [job for job in each.jobs if job in outdated or not os.path.exists(job.target)]
        for each, outdated in zip(work, replaced, strict=True)
    ]
    total = sum(map(len, missing))
    progress: FolderProgress | None = None
    with show_folder_progress(quiet, command.verbose) as show:
        if command.verbose:
            show.say(describe_setup(network_facts(weights), device_kinds(), versions()))
        show.say(network_note(command.recipe))
        for each, jobs in zip(work, missing, strict=True):
            if len(jobs) < len(each.jobs):
                show.say(f"{len(each.jobs) - len(jobs)} pictures are in {each.folder} already.")
        for each, jobs in zip(work, missing, strict=True):
            earlier = progress
            run = stylize_jobs(jobs, each.styles, command.recipe, weights, command.batch_size, save)
            # Closing it waits for the pictures that are being written.
            with contextlib.closing(run):
                for latest in run:
                    stop.must_save()
                    progress = latest.following(earlier, total)
                    show.update(progress)
                    events.folder(progress)
                    failures += progress.failures
                    if stop.requested is not None:
                        break
            if stop.requested is not None:
                break
    made = _count_results(work, stop)
    # A file that cannot be read fails once for each style; report it only once.
    for failure in dict.fromkeys(failures):
        print(f"failed: {describe_failure(failure.path, failure.reason)}", file=sys.stderr)
    events.emit("folders", pictures=made, folders=[str(each.folder) for each in work], skipped=len(skipped))
    if stop.requested is not None and made + len(failures) < sum(len(each.jobs) for each in work):
        print(stop.sentence, file=sys.stderr)
        return stop.exit_code
    if not quiet:
        places = ", ".join(str(each.folder) for each in work)
        print(f"{made} pictures are in {places}{_describe_rest(sum(map(len, replaced)), skipped)}")
    return 1 if failures else 0


def _count_results(work: list[_Work], stop: StopRequests) -> int:
    """Return the number of results that exist, and let the program name it if it is stopped from here on."""
    made = sum(os.path.exists(job.target) for each in work for job in each.jobs)
    stop.sentence = f"Stopped with {made} pictures done; the same command goes on from there."
    return made


def _describe_rest(outdated: int, skipped: Sequence[Path]) -> str:
    """Format the numbers of results made anew and of files passed over; empty without any."""
    text = f"; {outdated} made anew, since their photographs had changed" if outdated else ""
    if skipped:
        kinds = collections.Counter(path.suffix.lower() or path.name for path in skipped)
        text += f"; {len(skipped)} files passed over ({', '.join(kind for kind, _ in kinds.most_common(5))})"
    return text
