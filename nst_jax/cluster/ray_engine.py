"""Ray: the engine that keeps workers on all machines, hands shards to them, and replaces those that die.

Only the names of shards and a few numbers about each go through Ray; pictures never enter its object store.
"""

import contextlib
import logging
import math
import os
import socket
from collections.abc import Iterator, Sequence
from typing import Any

import ray
import ray.data

from nst_jax.cluster.painter import Painter
from nst_jax.cluster.stopping import STOP_SECONDS, stop_workers
from nst_jax.cluster.workers import WorkerNeeds, worker_environment
from nst_jax.devices import usable_cores
from nst_jax.errors import InputError

LOCAL, AUTO = "local", "auto"
# Enough for the names of a million shards, and the smallest that Ray takes.
OBJECT_STORE_BYTES = 80 * 2**20
# How often Ray is started on this machine before that is given up.
LOCAL_TRIES = 3
# How long the head of a cluster may take to answer.
CONNECTION_SECONDS = 15.0
# The most blocks of shards; Ray keeps track of each. Finished shards of a block are not made again.
MOST_BLOCKS = 20_000


@contextlib.contextmanager
def connected(where: str) -> Iterator[None]:
    """Start Ray on this machine, or join a running cluster, for as long as the context lasts.

    Args:
        where: "local", "auto" for the cluster that this machine belongs to, or HOST:PORT of a cluster.

    Raises:
        InputError: when there is no such cluster.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Ray would hide the GPUs of a process that asks for none by setting a variable that is ours to keep.
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if where == LOCAL:
        options |= {
            "num_cpus": len(usable_cores()),
            "include_dashboard": False,
            "object_store_memory": OBJECT_STORE_BYTES,
        }
    else:
        options["address"] = where
    try:
        _connect(where, options)
        yield
    finally:
        # Also after Ctrl-C while Ray starts.
        ray.shutdown()


def _connect(where: str, options: dict[str, Any]) -> None:
    try:
        host, _, port = where.rpartition(":")
        if host:
            # Ray itself would go on trying for minutes.
            socket.create_connection((host, int(port)), CONNECTION_SECONDS).close()
        # A cluster's address in the environment must not turn "local" into another cluster.
        _start({"address": "local"} | options, tries=LOCAL_TRIES if where == LOCAL else 1)
    except Exception as error:  # Ray raises many kinds, plain `Exception` among them
        reason = " ".join(str(error).split())[:200]
        if where == LOCAL:
            raise InputError(f"Ray does not start on this machine ({reason}); --shard 1/1 works without it.") from error
        raise InputError(
            f"There is no Ray cluster at {where} ({reason}); start one by `ray start --head`, or give --cluster local."
        ) from error


def _start(options: dict[str, Any], tries: int) -> None:
    """Call `ray.init`; Ray gives its own processes half a minute, which a busy machine may exceed."""
    for left in reversed(range(tries)):
        try:
            ray.init(**options)
            return
        except Exception:
            ray.shutdown()
            if not left:
                raise


def worker_needs(workers: tuple[int, int] | None, cpus: int, gpus: float | None) -> WorkerNeeds:
    """Return what each worker takes: by default a GPU each, or a machine each where there are none.

    Args:
        workers: the least and the largest number of workers; None for as many as the machines of the cluster hold.
        cpus: the cores of a worker; 0 for a share of the machine's.
        gpus: the GPUs of a worker, or a part of one; None for one if there are any.

    Raises:
        InputError: when the cluster has no machine that a worker fits on, and nothing says how large workers are.
    """
    machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    with_gpus = [machine for machine in machines if machine.get("GPU")]
    gpus = (1.0 if with_gpus else 0.0) if gpus is None else gpus
    suitable = with_gpus if gpus else [machine for machine in machines if machine.get("CPU")]
    if not suitable and not (cpus and workers):
        kind = "GPU" if gpus else "core"
        raise InputError(
            f"The cluster has no machine with a {kind} yet; wait for one, or give --workers and --cpus-per-worker, by "
            "which it can grow."
        )
    if not cpus:
        shares = [each.get("CPU", 1) / (max(each["GPU"] / gpus, 1) if gpus else 1) for each in suitable]
        cpus = max(int(min(shares)), 1)
    fitting = sum(int(min(each.get("CPU", 0) // cpus, each["GPU"] / gpus if gpus else math.inf)) for each in suitable)
    least, most = workers or (1, max(fitting, 1))
    if not workers and not fitting:
        raise InputError(f"No machine of the cluster has {cpus} cores; give a smaller --cpus-per-worker.")
    return WorkerNeeds(cpus=cpus, gpus=gpus, least=least, most=most)


def make_shards(
    address: str,
    shards: Sequence[str],
    needs: WorkerNeeds,
    driver: str,
    painter: type[Painter] = Painter,
    stop_folder: str = "",
) -> Iterator[dict[str, Any]]:
    """Have shards made by all workers, and yield what came of each, in the order in which they are finished.

    Args:
        address: the address of the output.
        shards: the names of the shards.
        needs: what each worker takes.
        driver: the name of this run.
        painter: the actor.
        stop_folder: as for `Painter`.

    Yields:
        The rows of `Painter`.

    Raises:
        InputError: for an error that a worker reports, such as an output that cannot be written to.
    """
    context = ray.data.DataContext.get_current()
    # Beyond this, Ray's defaults are right: workers are spread over machines, dead ones are started again, and so are
    # their shards, on another machine if theirs is gone. The ledger bounds how often.
    context.enable_progress_bars = False
    context.execution_options.preserve_order = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    most = min(needs.most, len(shards))
    made = ray.data.from_items(
        [{"shard": shard} for shard in shards], override_num_blocks=min(len(shards), MOST_BLOCKS)
    ).map_batches(
        painter,
        fn_constructor_args=(address, driver, needs, stop_folder),
        batch_size=1,
        compute=ray.data.ActorPoolStrategy(
            min_size=min(needs.least, most),
            max_size=most,
            initial_size=most,
            # A shard that waits behind another one at a busy worker could be made by an idle one.
            max_tasks_in_flight_per_actor=1,
        ),
        num_cpus=needs.cpus,
        num_gpus=needs.gpus or None,
        runtime_env={"env_vars": worker_environment(needs, os.environ)},
    )
    for row in made.iter_rows():
        if row["error"]:
            if stop_folder:
                # What the other workers are writing is not lost.
                stop_workers(stop_folder, STOP_SECONDS)
            raise InputError(row["error"])
        yield row
