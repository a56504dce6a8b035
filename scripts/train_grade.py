"""Train the autoencoder of the grade: `python scripts/train_grade.py OUTPUT.npz [--folders PHOTOGRAPHS PAINTINGS]`.

It is trained on crops of the program's examples, of pictures drawn at random and of the folders, if there are any, of
which every fifth picture is held out. OUTPUT.npz gets the encoder alone. Stopped, the same command resumes from the
checkpoint beside OUTPUT (.checkpoint.npz); a log beside OUTPUT (.log) has the errors. Afterwards,
`scripts/calibrate_grade.py` has to calibrate the grade anew.
"""

import dataclasses
import sys
from pathlib import Path
from typing import Annotated

import tyro

from nst_jax.cli.program import run_script
from nst_jax.cli.training_progress import follow_training
from nst_jax.grading.weights import write
from nst_jax.training.grade_training import Settings, Training


@dataclasses.dataclass(frozen=True)
class Command:
    """Train the autoencoder whose encoder grades pictures."""

    output: Annotated[Path, tyro.conf.Positional]
    """File for the trained parameters of the encoder (.npz)."""

    folders: tuple[Path, ...] = ()
    """Folders of pictures to train on, beside the examples and the synthetic pictures."""

    settings: tyro.conf.OmitArgPrefixes[Settings] = dataclasses.field(default_factory=Settings)

    name: str = "grade's encoder"
    """Name of the trained parameters in messages."""


def train(command: Command) -> None:
    """Train, and write the parameters, a log and a checkpoint."""
    training = Training(command.folders, command.output.with_suffix(".checkpoint.npz"), command.settings)
    follow_training(
        training.run(),
        command.settings.steps,
        command.output.with_suffix(".log"),
        lambda progress: f"error {progress.figures['unseen']:.4f}" if progress.figures else None,
    )
    write(command.output, training.encoder, command.name)


if __name__ == "__main__":
    sys.exit(run_script(lambda: train(tyro.cli(Command))))
