"""Stylization of a folder of images, or of one image in several styles, into output folders."""

import contextlib
import dataclasses
import functools
import json
import sys
from pathlib import Path
from typing import Any

from nst_jax import images
from nst_jax.batch.jobs import Job, claim_output_folder, contents_in, jobs_for, style_folders
from nst_jax.batch.runner import Failure, stylize_jobs
from nst_jax.cli.arguments import Command, RegionSettings
from nst_jax.cli.folder_progress import show_tally
from nst_jax.cli.progress import network_note, show_progress
from nst_jax.cli.signals import StopRequests
from nst_jax.devices import out_of_memory_as_input_error
from nst_jax.engine.provenance import provenance, run_inputs
from nst_jax.engine.result import Result
from nst_jax.errors import InputError
from nst_jax.images.picture import Picture
from nst_jax.images.writing import FORMATS, check_bit_depth
from nst_jax.networks.weights import NetworkWeights, load_network
from nst_jax.objective.blending import mixture_weights
from nst_jax.recipes.recipe import Recipe


def run_folder(command: Command, stop: StopRequests) -> int:
    """Stylize every content in every style, or in one mixture of the styles.

    Args:
        command: the command line.
        stop: the requests to stop, looked at after each progress report.

    Returns:
        The exit code: 0, 1 if some images failed, 128 plus the number of the signal that stopped the run.

    Raises:
        InputError: for errors that the user can correct.
    """
    content = Path(command.content).expanduser()
    output = Path(command.output or f"{content.resolve().stem}_stylized").expanduser()
    if output.suffix.lower() in FORMATS:
        raise InputError(f"Several pictures need a folder to go to; give one as -o instead of {output}.")
    for name in ("save_every", "report", "checkpoint"):
        if getattr(command.files, name):
            raise InputError(f"--{name.replace('_', '-')} works for one picture; leave it out.")
    if command.regions != RegionSettings():
        raise InputError("Masks work for one picture; leave --content-mask and --style-mask out.")
    check_bit_depth(Path(f"picture.{command.files.format}"), command.files.bit_depth)
    contents = contents_in(content, output) if content.is_dir() else [content]
    paths = [Path(style).expanduser() for style in command.styles]
    # Styles that are mixed count as one style, with one output folder.
    blends = command.recipe.blends
    folders = [output] if blends else style_folders(paths, output)
    all_styles = [images.read(path) for path in paths]
    groups = [all_styles] if blends else [[style] for style in all_styles]
    mixture_weights(command.recipe, len(groups[0]))
    with show_progress(command.quiet, command.verbose, stop.check) as show:
        weights = load_network(command.recipe.network, progress=show.download_bar)
    root = content if content.is_dir() else content.parent
    work = [
        _Work(styles, folder, jobs_for(contents, root, folder, f".{command.files.format}"))
        for styles, folder in zip(groups, folders, strict=True)
    ]
    for each in work:
        claim_output_folder(each.folder, _settings(command.recipe, weights, each.styles))
    return _stylize_all(work, command, weights, stop)


@dataclasses.dataclass(frozen=True)
class _Work:
    """The jobs of one output folder: all contents in one style, or in one mixture of several styles."""

    styles: list[Picture]
    folder: Path
    jobs: list[Job]


def _stylize_all(work: list[_Work], command: Command, weights: NetworkWeights, stop: StopRequests) -> int:
    save = functools.partial(Result.save, bit_depth=command.files.bit_depth, dpi=command.files.dpi)
    failures: list[Failure] = []
    _say_what_is_done(work, stop)
    with out_of_memory_as_input_error():
        for each in work:
            missing = [job for job in each.jobs if not job.target.exists()]
            with show_tally(each.folder, len(each.jobs) - len(missing), command.quiet) as show:
                if each is work[0]:
                    show.say(network_note(command.recipe))
                tallies = stylize_jobs(missing, each.styles, command.recipe, weights, command.batch_size, save)
                # Closing it waits for the pictures that are being written.
                with contextlib.closing(tallies):
                    for tally in tallies:
                        stop.must_save()
                        show.update(tally)
                        if stop.requested is not None:
                            break
                failures += tally.failures
            if stop.requested is not None:
                break
    made = _say_what_is_done(work, stop)
    # A file that cannot be read fails once for each style; report it only once.
    for failure in dict.fromkeys(failures):
        print(f"failed: {failure.path}: {failure.reason}", file=sys.stderr)
    if stop.requested is not None and made + len(failures) < sum(len(each.jobs) for each in work):
        print(stop.sentence, file=sys.stderr)
        return stop.exit_code
    if not command.quiet:
        print(f"{made} pictures are in {', '.join(str(each.folder) for each in work)}")
    return 1 if failures else 0


def _say_what_is_done(work: list[_Work], stop: StopRequests) -> int:
    """Count the pictures that are done, and let the program say so if it is stopped; return their number."""
    made = sum(job.target.exists() for each in work for job in each.jobs)
    stop.sentence = f"Stopped with {made} pictures done; the same command goes on from there."
    return made


def _settings(recipe: Recipe, weights: NetworkWeights, styles: list[Picture]) -> dict[str, Any]:
    """Return the settings that all images of an output folder share, with the types that JSON gives them."""
    facts = provenance(recipe, run_inputs(weights, styles[0], styles))
    return json.loads(json.dumps({key: facts[key] for key in ("recipe", "network", "style")}))
