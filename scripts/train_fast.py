"""Train the fast network: `python scripts/train_fast.py PHOTOGRAPHS PAINTINGS OUTPUT.npz`.

Stopped, the same command resumes from the checkpoint beside OUTPUT (.checkpoint.npz). A log beside OUTPUT (.log) has
the losses of validation pairs whose pictures the training never sees: every fifth photograph and painting is held out.
"""

import dataclasses
import sys
from pathlib import Path
from typing import Annotated

import tyro

from nst_jax.cli.program import run_script
from nst_jax.cli.training_progress import follow_training
from nst_jax.fast.weights import read, write
from nst_jax.networks.weights import load_network
from nst_jax.training.fast_training import Settings, Training


@dataclasses.dataclass(frozen=True)
class Command:
    """Train the decoder of the fast network against a frozen VGG-19."""

    photographs: Annotated[Path, tyro.conf.Positional]
    """Folder of content pictures, photographs."""

    paintings: Annotated[Path, tyro.conf.Positional]
    """Folder of style pictures, paintings and drawings."""

    output: Annotated[Path, tyro.conf.Positional]
    """File for the trained parameters (.npz)."""

    network: str = "embedded"
    """Network whose features are read and whose losses are lowered; it stays as it is."""

    start: Path | None = None
    """File of parameters to begin with (.npz), for the same network; without it, they are drawn at random."""

    settings: tyro.conf.OmitArgPrefixes[Settings] = dataclasses.field(default_factory=Settings)

    name: str = "fast network"
    """Name of the trained parameters in messages and in the metadata of pictures."""


def train(command: Command) -> None:
    """Train, and write the parameters, a log and a checkpoint."""
    checkpoint = command.output.with_suffix(".checkpoint.npz")
    weights = load_network(command.network)
    start = read(command.start, weights).parameters if command.start else None
    training = Training(command.photographs, command.paintings, weights, checkpoint, command.settings, start)
    follow_training(
        training.run(),
        command.settings.steps,
        command.output.with_suffix(".log"),
        lambda progress: f"style {progress.figures['unseen_style']:.3f}" if progress.figures else None,
    )
    write(command.output, training.parameters, weights, command.name)


if __name__ == "__main__":
    sys.exit(run_script(lambda: train(tyro.cli(Command))))
