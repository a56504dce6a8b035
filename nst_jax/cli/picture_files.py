"""The files that the stylization of a single image reads and writes, checked before any work."""

import dataclasses
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from nst_jax.cli.arguments import Command
from nst_jax.cli.inputs import STANDARD_STREAM, Inputs, list_styles
from nst_jax.cli.outputs import NamedFile, check_distinct, source_picture, unused_name
from nst_jax.engine.postprocess import final_shape
from nst_jax.engine.preprocess import computed_scales
from nst_jax.errors import InputError
from nst_jax.files import check_writable, expand_user
from nst_jax.images.picture import Picture
from nst_jax.images.writing import check_bit_depth, check_dimensions
from nst_jax.recipes.recipe import Recipe


@dataclasses.dataclass(frozen=True)
class PictureFiles:
    """The files of a run: inputs, and everything that it writes.

    Attributes:
        content: the content image, or "-" for standard input.
        styles: the style images.
        output: the result, or "-" for standard output.
        report: the report, if there is one.
        checkpoint: the checkpoint, if there is one.
    """

    content: Path
    styles: list[Path]
    output: Path
    report: Path | None
    checkpoint: Path | None

    @property
    def is_streamed(self) -> bool:
        """Whether the result goes to standard output."""
        return self.output == STANDARD_STREAM

    def snapshot(self, step: int) -> Path:
        """Return the file of the unfinished image after a step."""
        return self.output.with_stem(f"{self.output.stem}-{step:05d}")


def plan_files(command: Command, inputs: Inputs) -> PictureFiles:
    """Return the files of a run; nothing is read or written.

    Args:
        command: the command line.
        inputs: the content, and one style or several to be used together.

    Raises:
        InputError: when a folder of styles has no images, or --sheet is given, which is for several results.
    """
    if command.sheet:
        raise InputError("--sheet shows several results, but this command makes only one; leave it out.")
    styles = list_styles(inputs, ())
    (content,) = inputs.contents
    stems = inputs.content_stem, *("stdin" if style == STANDARD_STREAM else style.stem for style in styles)
    output = expand_user(command.output)
    if not command.output or os.path.isdir(output) or command.output.endswith(("/", "\\")):
        output = unused_name(output, stems, f".{command.files.format}")
    report, checkpoint = (
        expand_user(name) if name else None for name in (command.files.report, command.files.checkpoint)
    )
    return PictureFiles(content, styles, output, report, checkpoint)


def check_files(files: PictureFiles, command: Command, content: Picture) -> None:
    """Check everything that will be written, before any work.

    Args:
        files: the files of the run.
        command: the command line.
        content: the content image.

    Raises:
        InputError: when a file would replace an input or another one, its format cannot hold the result, or it cannot
            be written.
    """
    recipe = command.recipe
    shape: tuple[int, int] = content.rgb.shape[:2]
    streamed = files.is_streamed
    target = Path(f"picture.{command.files.format}") if streamed else files.output
    check_dimensions(target, *final_shape(shape, recipe))
    check_bit_depth(target, command.files.bit_depth)
    if streamed and command.json_lines:
        raise InputError("--json and -o - would both write to standard output; give a file with -o.")
    if streamed and command.files.save_every:
        raise InputError("--save-every needs files; give a file with -o instead of -.")
    named = (files.report, "the report"), (files.checkpoint, "the checkpoint")
    outputs = [NamedFile(path, role) for path, role in named if path]
    if not streamed:
        outputs.append(NamedFile(files.output, "the result"))
    inputs = _inputs_of(files, command)
    snapshots = list(_snapshots(files, command.files.save_every, recipe, shape, [*inputs, *outputs]))
    check_distinct([*outputs, *snapshots], inputs)
    # All snapshots have names of one length in one folder, so trying one of them is enough.
    for each in [*outputs, *snapshots[-1:]]:
        check_writable(each.path)


def _snapshots(
    files: PictureFiles, every: int, recipe: Recipe, shape: tuple[int, int], others: Sequence[NamedFile]
) -> Iterator[NamedFile]:
    """Yield the files of unfinished images that may be other files too, and the last one that a run may save.

    Only files that exist, or have the name of another file of the run, can be other files; there may be millions more.

    Args:
        files: the files of the run.
        every: the number of steps between two unfinished images; 0 for none.
        recipe: the settings.
        shape: the shape of the content, (height, width).
        others: the other files of the run.
    """
    if not every:
        return
    total = sum(recipe.steps_at(computed_scales(shape, recipe)))
    folder = files.output.parent
    names = {each.path.name for each in others} | (set(os.listdir(folder)) if os.path.isdir(folder) else set())
    pattern = re.compile(re.escape(files.output.stem) + r"-(\d{5,})" + re.escape(files.output.suffix), re.IGNORECASE)
    steps = {int(match[1]) for match in map(pattern.fullmatch, names) if match}
    last = (total - 1) // every * every
    for step in sorted({step for step in steps if 0 < step < total and step % every == 0} | {last} - {0}):
        yield NamedFile(files.snapshot(step), f"the picture of step {step}")


def _inputs_of(files: PictureFiles, command: Command) -> list[NamedFile]:
    """Return the files that a run reads, some of which may not exist."""
    inputs = [source_picture(files.content, "the photograph")]
    inputs += [source_picture(style, "a style picture") for style in files.styles]
    masks = command.regions.content_mask, *command.regions.style_mask
    inputs += [source_picture(expand_user(mask), "a mask") for mask in masks if mask]
    # These settings hold the name of a method or a network instead where they hold no path.
    inputs.append(source_picture(expand_user(command.recipe.init), "the picture to start from"))
    inputs.append(NamedFile(expand_user(command.recipe.network), "the file of the network"))
    return [each for each in inputs if each.path != STANDARD_STREAM]
