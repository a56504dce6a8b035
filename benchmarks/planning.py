"""Time and memory of the plan of a cluster run, with rows that stand for objects of a storage."""

import multiprocessing
import resource
import tempfile
import time
from typing import NamedTuple

from nst_jax.cluster.inputs import Found
from nst_jax.cluster.plan import make_plan, read_plan, read_shard
from nst_jax.cluster.run_settings import RunSettings
from nst_jax.cluster.status import read_status
from nst_jax.cluster.storage import Storage
from nst_jax.recipes.recipe import Recipe


class Row(NamedTuple):
    """The results for one number of pictures.

    Attributes:
        pictures: the number of pictures.
        planning: seconds to plan them, without listing the storage.
        again: seconds to find that nothing is new.
        status: seconds to read the state.
        megabytes: peak memory of the process.
        plan_megabytes: size of the plan on the disk.
    """

    pictures: int
    planning: float
    again: float
    status: float
    megabytes: int
    plan_megabytes: float


def measure(count: int) -> Row:
    """Plan pictures in a process of its own, so that its peak memory is that of the plan."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measure, (count,))


def _measure(count: int) -> Row:
    found = Found(
        sources=["s3://bucket/photos"],
        prefixes=[""],
        source=[0] * count,
        key=[f"2024/album-{number // 1000:05d}/IMG_{number:08d}.jpg" for number in range(count)],
        size=[3_000_000] * count,
        version=[f"{number * 7919:032x}" for number in range(count)],
    )
    settings = RunSettings(recipe=Recipe(), styles=((),), folders=("",))
    with tempfile.TemporaryDirectory() as folder:
        output = Storage(folder)
        began = time.perf_counter()
        plan, _ = make_plan(output, settings, found, 1000)
        planned = time.perf_counter()
        make_plan(output, settings, found, 1000)
        again = time.perf_counter()
        read_status(output, read_plan(output))
        ended = time.perf_counter()
        assert len(read_shard(output, plan, next(plan.shard_names()))) == min(count, 1000)
        size = sum(entry.size for entry in output.files())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Row(count, planned - began, again - planned, ended - again, memory, size / 2**20)
