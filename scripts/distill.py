"""Distills a small VGG-19: `python scripts/distill.py PICTURES OUTPUT.h5 --teachers FILE [FILE ...]`.

The student, a VGG-19 of a quarter of the width down to conv5_1 (with 40 channels in conv2_1), learns to tell its
teachers' activations at several depths. A teacher is a weight file that `nst-jax-convert` reads (the
pretrained VGG-19, whole or only its first convolutions), or the `.npz` of Collaborative Distillation's quarter-width
network; where several teach the same layer, the first does. A run can be stopped and continued: its state is kept
beside OUTPUT, and a log of what the student explains of its teachers on pictures that it never saw.
"""

import dataclasses
import json
from pathlib import Path
from typing import Annotated

import tyro
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from nst_jax.errors import exit_on_input_error
from nst_jax.networks.weights import hdf5
from nst_jax.training.distillation import Settings, Training


@dataclasses.dataclass(frozen=True)
class Command:
    """Distill a small VGG-19 from larger networks."""

    pictures: Annotated[Path, tyro.conf.Positional]
    """Folder of pictures, searched with its subfolders; both photographs and paintings, please."""

    output: Annotated[Path, tyro.conf.Positional]
    """The HDF5 file to write."""

    teachers: tuple[Path, ...]
    """Weight files to learn from."""

    settings: tyro.conf.OmitArgPrefixes[Settings] = dataclasses.field(default_factory=Settings)

    start: Path | None = None
    """A network to begin with, such as an earlier OUTPUT; random filters by default."""

    name: str = "VGG-19 slim"
    """What to call the network in messages and in the metadata of pictures."""


def distill(command: Command) -> None:
    """Trains, and writes the network, a log and a checkpoint."""
    start = hdf5.read(command.start) if command.start else None
    checkpoint = command.output.with_suffix(".checkpoint.npz")
    training = Training(command.pictures, command.teachers, start, checkpoint, command.settings)
    columns = (*Progress.get_default_columns(), TimeElapsedColumn(), TextColumn("{task.fields[figures]}"))
    with Progress(*columns) as bar:
        task = bar.add_task("distilling", total=command.settings.steps, figures="")
        for progress in training.run():
            bar.update(task, completed=progress.steps)
            if progress.explained:
                figures = " ".join(f"{tap} {value:.3f}" for tap, value in progress.explained.items())
                bar.update(task, figures=figures)
                with command.output.with_suffix(".log").open("a") as log:
                    log.write(json.dumps(dataclasses.asdict(progress)) + "\n")
    hdf5.write(command.output, training.network(command.name))


if __name__ == "__main__":
    with exit_on_input_error():
        distill(tyro.cli(Command))
