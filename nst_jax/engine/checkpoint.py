"""An unfinished run on the disk, to go on from after a crash, a kill or a power cut."""

import dataclasses
import json
import time
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np

from nst_jax.engine.provenance import describe_difference
from nst_jax.errors import InputError
from nst_jax.files import atomic_write
from nst_jax.optimizers.base import State

# What must be the same for a run to be continued; versions and devices may change.
_FACTS = ("recipe", "network", "content", "style", "masks")


@dataclasses.dataclass(frozen=True)
class SavedRun:
    """Where a run stood.

    Attributes:
        scale: the index of the scale that was being painted.
        steps: done at that scale.
        leaves: of the state of all lanes.
        history: what `RunHistory.state_dict` returned.
    """

    scale: int
    steps: int
    leaves: list[np.ndarray]
    history: Mapping[str, np.ndarray]


class Checkpoint:
    """The file of one run.

    With L-BFGS it is some sixty times as large as the picture in float32: it holds what L-BFGS remembers.

    Args:
        path: where it is; a file that is there is continued from.
        seconds: how often it is written.
    """

    def __init__(self, path: Path, seconds: float = 30.0):
        self.path, self._seconds = path, seconds
        self._last = time.monotonic()

    def is_due(self) -> bool:
        """Whether the last one is so old that another is to be written; asked once for each."""
        now = time.monotonic()
        due = now - self._last >= self._seconds
        if due:
            self._last = now
        return due

    def write(
        self, facts: list[dict[str, Any]], scale: int, steps: int, state: State, history: Mapping[str, np.ndarray]
    ) -> None:
        """Replaces the file by a new one, whole or not at all.

        Raises:
            InputError: when it cannot be written.
        """
        arrays: dict[str, Any] = {f"state{index}": leaf for index, leaf in enumerate(jax.tree.leaves(state))}
        arrays |= {f"history-{name}": values for name, values in history.items()}
        about = json.dumps({"facts": _compared(facts), "scale": scale, "steps": steps})
        try:
            with atomic_write(self.path) as temporary, temporary.open("wb") as file:
                np.savez(file, about=np.asarray(about), **arrays)
        except OSError as error:
            raise InputError(
                f"{self.path} cannot be written: {error.strerror or error}; choose another place."
            ) from error

    def read(self, facts: list[dict[str, Any]]) -> SavedRun | None:
        """Where the run stood; None if there is no file.

        Raises:
            InputError: when the file is damaged, no checkpoint, or one of another run.
        """
        try:
            with self.path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                about = json.loads(str(file["about"]))
                found, scale, steps = about["facts"], about["scale"], about["steps"]
                count = sum(name.startswith("state") for name in file.files)
                leaves = [file[f"state{index}"] for index in range(count)]
                history = {
                    name.removeprefix("history-"): file[name] for name in file.files if name.startswith("history-")
                }
        except FileNotFoundError:
            return None
        except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise InputError(
                f"{self.path} is no checkpoint that can be read; give another name, or delete it to begin anew."
            ) from error
        wanted = _compared(facts)
        if found != wanted:
            difference = describe_difference(found[0], wanted[0])
            raise InputError(
                f"{self.path} is the checkpoint of a run made with {difference}; give another name, or delete it to "
                "begin anew."
            )
        return SavedRun(scale, steps, leaves, history)

    def remove(self) -> None:
        """The run is over."""
        self.path.unlink(missing_ok=True)


def _compared(facts: list[dict[str, Any]]) -> Any:
    """What must be the same, as JSON has it."""
    return json.loads(json.dumps([{key: each.get(key) for key in _FACTS} for each in facts]))
