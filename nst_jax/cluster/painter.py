"""The actor that Ray keeps on each GPU or machine: it loads the network once and makes one shard after the other.

Importing this module imports no jax, so that the actor can prepare its process first.
"""

import contextlib
import os
import socket
import time
from typing import Any

from nst_jax.cluster.stopping import is_stopped, working
from nst_jax.cluster.workers import WorkerNeeds, check_device, claim_cores
from nst_jax.errors import InputError

Rows = dict[str, Any]


class Painter:
    """Makes shards; called by Ray Data with the name of one.

    Args:
        address: the address of the output.
        driver: the name of the run; see `Ledger`.
        needs: what the worker takes of its machine.
        stop_folder: as for `is_stopped`.
    """

    def __init__(self, address: str, driver: str, needs: WorkerNeeds, stop_folder: str = ""):
        self._address, self._driver, self._needs, self._stop_folder = address, driver, needs, stop_folder
        self._work: Any = None

    def __call__(self, batch: Rows) -> Rows:
        """Make a shard.

        Args:
            batch: the name of one shard, in the column "shard".

        Returns:
            One row: its "shard", "done", "failed", the "error" that ends the whole run or an empty text, the "worker",
            the shapes of its "programs", and the seconds from this call to the first steps of the first picture,
            "start_seconds", which has the loading of the network in it where this is the worker's first shard. A worker
            that was asked to stop leaves the rest of its shard, and all later ones, to the next run.
        """
        import numpy as np

        began = time.monotonic()
        (shard,) = batch["shard"]
        row: Rows = {"shard": str(shard), "done": 0, "failed": 0, "error": "", "start_seconds": 0.0, "programs": ""}
        try:
            if not is_stopped(self._stop_folder):
                row |= self._make(str(shard), began)
        except InputError as error:
            row["error"] = str(error)
        row["worker"] = f"{socket.gethostname()}-{os.getpid()}"
        return {name: np.array([value]) for name, value in row.items()}

    def _make(self, shard: str, began: float) -> Rows:
        from nst_jax.cluster.ledger import Ledger
        from nst_jax.cluster.storage import Storage

        output = Storage(self._address)
        # Before the rest, so that processes that die while they load the network are counted.
        ledger = Ledger(output, shard, self._driver)
        # Here and not in the constructor, whose errors Ray would take for those of the machine.
        self._work = self._work or _Work(output, self._needs)
        with working(self._stop_folder):
            return self._work.make(ledger, began, self._stop_folder)


class _Work:
    """The output and the network, loaded for the life of the actor."""

    def __init__(self, output: Any, needs: WorkerNeeds):
        cores = claim_cores(needs.cpus)
        from nst_jax.cluster.worker_setup import make_runner

        self._runner, self._programs = make_runner(output, reading_threads=len(cores) if needs.gpus else 1)
        check_device(needs)
        self._programs.fetch()

    def make(self, ledger: Any, began: float, stop_folder: str) -> Rows:
        first, report = 0.0, None
        with contextlib.closing(self._runner.run(ledger)) as steps:
            while report is None:
                if is_stopped(stop_folder):
                    return {}
                try:
                    next(steps)
                    first = first or time.monotonic() - began
                except StopIteration as ending:
                    report = ending.value
        self._programs.publish()
        shapes = " ".join(f"{width}x{height}x{count}" for height, width, count in sorted(self._runner.programs))
        return {"done": report.done, "failed": report.failed, "start_seconds": first, "programs": shapes}
