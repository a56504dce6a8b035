"""The actor that Ray keeps on each GPU or machine: it loads the network once and makes one shard after the other.

Importing this module imports no jax, so that the actor can prepare its process first.
"""

import os
import socket
import time
from typing import Any

from nst_jax.cluster.workers import WorkerNeeds, check_device, claim_cores
from nst_jax.errors import InputError

Rows = dict[str, Any]


class Painter:
    """Makes shards; called by Ray Data with the name of one.

    Args:
        address: the address of the output.
        driver: the name of the run; see `Ledger`.
        needs: what the worker takes of its machine.
    """

    def __init__(self, address: str, driver: str, needs: WorkerNeeds):
        self._address, self._driver, self._needs = address, driver, needs
        self._work: Any = None

    def __call__(self, batch: Rows) -> Rows:
        """Make a shard.

        Args:
            batch: the name of one shard, in the column "shard".

        Returns:
            One row: its "shard", "done", "failed", the "error" that ends the whole run or an empty text, the "worker",
            the shapes of its "programs", and the seconds until the first picture began, "start_seconds".
        """
        import numpy as np

        (shard,) = batch["shard"]
        row: Rows = {"shard": str(shard), "done": 0, "failed": 0, "error": "", "start_seconds": 0.0, "programs": ""}
        try:
            from nst_jax.cluster.ledger import Ledger
            from nst_jax.cluster.storage import Storage
            from nst_jax.cluster.storage_faults import storage_errors

            output = Storage(self._address)
            with storage_errors(output.address):
                # Before the rest, so that processes that die while they load the network are counted.
                ledger = Ledger(output, str(shard), self._driver)
            # Here and not in the constructor, whose errors Ray would take for those of the machine.
            self._work = self._work or _Work(output, self._needs)
            row |= self._work.make(ledger)
        except InputError as error:
            row["error"] = str(error)
        row["worker"] = f"{socket.gethostname()}-{os.getpid()}"
        return {name: np.array([value]) for name, value in row.items()}


class _Work:
    """The output and the network, loaded for the life of the actor."""

    def __init__(self, output: Any, needs: WorkerNeeds):
        cores = claim_cores(needs.cpus)
        from nst_jax.cluster.storage_faults import storage_errors
        from nst_jax.cluster.worker_setup import make_runner

        self._address, self._storage_errors = output.address, storage_errors
        self._runner, self._programs = make_runner(output, reading_threads=len(cores) if needs.gpus else 1)
        check_device(needs)
        with storage_errors(output.address):
            self._programs.fetch()

    def make(self, ledger: Any) -> Rows:
        began = time.monotonic()
        first = 0.0
        steps = self._runner.run(ledger)
        while True:
            try:
                next(steps)
                first = first or time.monotonic() - began
            except StopIteration as ending:
                report = ending.value
                break
        with self._storage_errors(self._address):
            self._programs.publish()
        shapes = " ".join(f"{width}x{height}x{count}" for height, width, count in sorted(self._runner.programs))
        return {"done": report.done, "failed": report.failed, "start_seconds": first, "programs": shapes}
