"""Distill a small VGG-19: `python scripts/distill.py PICTURES OUTPUT.h5 --teachers FILE [FILE ...]`.

The student is a VGG-19 of a quarter of the width up to conv5_1 (with 40 channels in conv2_1). It is trained so that the
activations of its teachers at several layers can be predicted from its own. A teacher is a weight file that
`nst-jax-convert` reads (the pretrained VGG-19, complete or only its first convolutions), or the `.npz` file of
Collaborative Distillation's quarter-width network; if several teachers provide the same layer, the first one is used.

A training can be interrupted: the same command resumes it from the checkpoint beside OUTPUT (.checkpoint.npz). A log
beside OUTPUT (.log) has, for each matched layer, the fraction of the variance of the teacher's activations that the
student explains on validation pictures.
"""

import dataclasses
import sys
from pathlib import Path
from typing import Annotated

import tyro

from nst_jax.cli.program import run_script
from nst_jax.cli.training_progress import follow_training
from nst_jax.networks.weights import hdf5
from nst_jax.training.distillation import Settings, Training


@dataclasses.dataclass(frozen=True)
class Command:
    """Distill a small VGG-19 (the student) from larger networks (the teachers)."""

    pictures: Annotated[Path, tyro.conf.Positional]
    """Folder of training pictures, searched with its subfolders; it should hold both photographs and paintings.
    Some hundreds are needed; every tenth is held out for validation."""

    output: Annotated[Path, tyro.conf.Positional]
    """File for the trained network (HDF5, .h5)."""

    teachers: tuple[Path, ...]
    """Weight files of the teachers (.h5, .pth, .safetensors or .npz); if several provide a layer, the first is used."""

    settings: tyro.conf.OmitArgPrefixes[Settings] = dataclasses.field(default_factory=Settings)

    start: Path | None = None
    """Network to start from, such as an earlier OUTPUT; by default the student starts with random filters."""

    name: str = "VGG-19 slim"
    """Name of the network in messages and in the metadata of pictures."""


def distill(command: Command) -> None:
    """Train the student and write the network, a log and a checkpoint."""
    start = hdf5.read(command.start) if command.start else None
    checkpoint = command.output.with_suffix(".checkpoint.npz")
    training = Training(command.pictures, command.teachers, start, checkpoint, command.settings)
    follow_training(
        training.run(),
        command.settings.steps,
        command.output.with_suffix(".log"),
        lambda progress: " ".join(f"{tap} {share:.3f}" for tap, share in (progress.explained or {}).items()) or None,
    )
    hdf5.write(command.output, training.network(command.name))


if __name__ == "__main__":
    sys.exit(run_script(lambda: distill(tyro.cli(Command))))
