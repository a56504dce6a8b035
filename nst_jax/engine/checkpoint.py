"""Checkpoints: the state of an unfinished run in a file, to resume after a crash or a power failure."""

import dataclasses
import json
import os
import time
import warnings
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
from nst_jax.recipes.memory import MEMORY_SETTINGS

# The provenance that must match for a run to be resumed; versions and devices may change.
_FACTS = ("recipe", "network", "content", "style", "masks")


@dataclasses.dataclass(frozen=True, eq=False)
class SavedRun:
    """The content of a checkpoint.

    Attributes:
        scale: the index of the scale at which the run stopped, from 0 for the coarsest.
        steps: the number of steps done at that scale.
        leaves: the leaves of the optimizer states (`base.State`), in the order of `jax.tree.leaves`. Each has a
            leading batch axis with one example for each content image, padded to a multiple of the devices.
        history: what `RunHistory.state_dict` returned: the number of steps at earlier scales, whether each image has
            diverged, the elapsed seconds, and the value of each loss term after each step so far, (batch, steps).
    """

    scale: int
    steps: int
    leaves: list[np.ndarray]
    history: Mapping[str, np.ndarray]


class Checkpoint:
    """The checkpoint file of one run.

    With L-BFGS it is about sixty times as large as the image in float32, because it contains the L-BFGS history.

    Args:
        path: the file; if it exists, the run resumes from it. It stays after a finished run until `remove` is called.
        seconds: the interval between two checkpoints.
    """

    def __init__(self, path: str | os.PathLike[str], seconds: float = 30.0):
        self.path, self._seconds = Path(os.fsdecode(path)), seconds
        self._last = time.monotonic()
        self._is_broken = self._is_ours = False
        self._requested = self._answered = False

    def is_due(self) -> bool:
        """Return whether it is time for the next checkpoint; returning True starts the next interval.

        After a write that failed, there is no further checkpoint.
        """
        now = time.monotonic()
        due = not self._is_broken and (self._requested or now - self._last >= self._seconds)
        if due:
            self._last = now
        return due

    def request(self) -> bool:
        """Ask for a checkpoint before the run is stopped, and return whether the run can be stopped now.

        Call it after each progress report, and leave the loop once it returns True.

        Returns:
            True when a checkpoint has been written since the first call, or when a write has failed, after which none
            is written; False while the checkpoint is still to come.
        """
        self._requested = True
        return self._answered or self._is_broken

    def write(
        self, facts: list[dict[str, Any]], scale: int, steps: int, state: State, history: Mapping[str, np.ndarray]
    ) -> None:
        """Write the file, atomically; if that fails, warn, and write no further checkpoints of this run.

        Args:
            facts: the provenance of each image of the batch.
            scale: the index of the current scale.
            steps: the number of steps done at that scale.
            state: the optimizer states; each leaf has a leading batch axis.
            history: what `RunHistory.state_dict` returned.
        """
        # The next one may have been due already when a write failed.
        if self._is_broken:
            return
        arrays: dict[str, Any] = {f"state{index}": leaf for index, leaf in enumerate(jax.tree.leaves(state))}
        arrays |= {f"history-{name}": values for name, values in history.items()}
        about = json.dumps({"facts": _resumable_facts(facts), "scale": scale, "steps": steps})
        try:
            with atomic_write(self.path) as temporary, temporary.open("wb") as file:
                np.savez(file, about=np.asarray(about), **arrays)
            self._is_ours = True
        except (OSError, MemoryError) as error:
            # The run is worth more than its checkpoint.
            self._is_broken = True
            warnings.warn(
                f"The checkpoint {self.path} cannot be written ({getattr(error, 'strerror', None) or error}); the run "
                "goes on without it.",
                stacklevel=2,
            )
        self._answered = self._requested

    def read(self, facts: list[dict[str, Any]]) -> SavedRun | None:
        """Read the file; return None if it does not exist.

        Args:
            facts: the provenance of each image of the batch, which must match that of the file.

        Raises:
            InputError: when the file is damaged, is no checkpoint, or belongs to another run.
        """
        try:
            with self.path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                about = json.loads(str(file["about"]))
                saved_facts, scale, steps = about["facts"], about["scale"], about["steps"]
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
        expected_facts = _resumable_facts(facts)
        if saved_facts != expected_facts:
            difference = describe_difference(saved_facts[0], expected_facts[0])
            raise InputError(
                f"{self.path} is the checkpoint of a run made with {difference}; give another name, or delete it to "
                "begin anew."
            )
        self._is_ours = True
        return SavedRun(scale, steps, leaves, history)

    def remove(self) -> None:
        """Delete the file at the end of a run, if this object has read or written it and it still is a checkpoint."""
        if not self._is_ours:
            return
        try:
            with zipfile.ZipFile(self.path) as file:
                is_checkpoint = "about.npy" in file.namelist()
            if is_checkpoint:
                self.path.unlink()
        except FileNotFoundError:
            pass
        except (OSError, zipfile.BadZipFile) as error:
            warnings.warn(f"The checkpoint {self.path} is left where it is: {error}", stacklevel=2)


def _resumable_facts(facts: list[dict[str, Any]]) -> Any:
    """Return the part of the provenance that must match, in the form that it has after a round trip through JSON.

    The settings of the memory need not match: a run that has run out of it may go on with smaller tiles.
    """
    kept = [{key: each.get(key) for key in _FACTS} for each in facts]
    for each, of in zip(kept, facts, strict=True):
        if of.get("chosen"):
            each["chosen"] = of["chosen"]
    for each in kept:
        if isinstance(each["recipe"], dict):
            each["recipe"] = {name: value for name, value in each["recipe"].items() if name not in MEMORY_SETTINGS}
    return json.loads(json.dumps(kept))
