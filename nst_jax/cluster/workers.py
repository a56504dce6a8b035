"""What a worker's process needs before jax is imported: variables of its environment, and processor cores."""

import dataclasses
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from nst_jax.devices import has_accelerator, usable_cores
from nst_jax.errors import InputError
from nst_jax.huge_pages import NO_RESTART, VALUE, VARIABLE

# The part of a GPU's memory that jax reserves; the rest is for its libraries.
USABLE_MEMORY = 0.9
# The names of the variable by which jax is told so, an old and a new one; jax refuses to start if both are set.
MEMORY_VARIABLES = ("XLA_PYTHON_CLIENT_MEM_FRACTION", "XLA_CLIENT_MEM_FRACTION")
# Cores are claimed by locks on files of these names.
CORE_FILE = "nst-jax-core-{}.lock"
_claimed: list[object] = []


@dataclasses.dataclass(frozen=True, kw_only=True)
class WorkerNeeds:
    """What one worker takes of a machine.

    Attributes:
        cpus: the number of cores.
        gpus: the number of GPUs, or a part of one; 0 for a worker that computes on its cores.
        least: the number of workers to begin with.
        most: the largest number of workers.
    """

    cpus: int
    gpus: float
    least: int
    most: int


def worker_environment(needs: WorkerNeeds, present: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that are set before a worker's Python starts; what the user has set is left alone.

    The GPUs that a worker sees (CUDA_VISIBLE_DEVICES) are set by Ray, and never here.

    Args:
        needs: what the worker takes.
        present: the environment of the driver.
    """
    wanted = {
        # glibc reads it when a program starts, so that a worker could not set it for itself.
        VARIABLE: VALUE,
        NO_RESTART: "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONUNBUFFERED": "1",
    }
    if needs.gpus:
        # Several workers on one GPU would each reserve most of it; this is read when jax is imported.
        names = (name for name in MEMORY_VARIABLES if present.get(name))
        wanted[next(names, MEMORY_VARIABLES[0])] = f"{USABLE_MEMORY * min(needs.gpus, 1):.3f}"
    else:
        # jax for CUDA fails on a worker to which Ray shows no GPU.
        wanted["JAX_PLATFORMS"] = "cpu"
    return {name: present.get(name) or value for name, value in wanted.items()}


def claim_cores(count: int) -> list[int]:
    """Restrict this process to as many cores as it was given, of which no other worker of this machine has any.

    XLA starts a thread for each core that it sees, whatever OMP_NUM_THREADS says, so that several workers on one
    machine would be in each other's way. To be called before jax computes anything. The claim ends with the process.

    Args:
        count: the number of cores.

    Returns:
        The cores; all that the process may use where the system cannot restrict it, or where they are no more.
    """
    import filelock

    usable = usable_cores()
    if count >= len(usable) or not hasattr(os, "sched_setaffinity"):
        return usable
    mine: list[int] = []
    for core in usable:
        if len(mine) == count:
            break
        lock = filelock.FileLock(Path(tempfile.gettempdir()) / CORE_FILE.format(core))
        try:
            lock.acquire(timeout=0)
        except (filelock.Timeout, OSError):
            continue
        _claimed.append(lock)
        mine.append(core)
    if mine:
        os.sched_setaffinity(0, mine)
    return mine or usable


def check_device(needs: WorkerNeeds) -> None:
    """Check that a worker that was given a GPU computes on it.

    Raises:
        InputError: when jax sees no GPU.
    """
    if needs.gpus and not has_accelerator():
        raise InputError(
            "A worker was given a GPU, but jax computes on the CPU there; install nst-jax[cuda] on the workers, or "
            "give --gpus-per-worker 0."
        )
