"""Preparation of a process that makes shards: jax, the network, and the programs that other workers have compiled."""

from nst_jax import process
from nst_jax.cluster.compiled import CompiledPrograms, programs_of_worker
from nst_jax.cluster.plan import existing_plan
from nst_jax.cluster.run_settings import RunSettings
from nst_jax.cluster.shard import ShardRunner
from nst_jax.cluster.storage import Storage
from nst_jax.cluster.transfers import temporary_folder
from nst_jax.devices import current_platform


def make_runner(output: Storage, reading_threads: int = 1) -> tuple[ShardRunner, CompiledPrograms]:
    """Load everything that shards of an output need.

    Args:
        output: the output.
        reading_threads: as for `stylize_jobs`.

    Raises:
        InputError: when the output has no plan, or the network or a device is missing.
    """
    process.configure()
    current_platform()  # raises InputError where jax has no device
    settings = RunSettings.read(output)
    plan = existing_plan(output)
    with temporary_folder() as folder:
        weights = settings.load_weights(output, folder)
    runner = ShardRunner(output, settings, plan, weights, reading_threads)
    return runner, programs_of_worker(output)
