"""The size of a shard: about five minutes of work, so that little is lost and little is said about each."""

import math
import warnings

from nst_jax.cluster.plan import Plan
from nst_jax.recipes.recipe import Recipe

SHARD_SECONDS = 300.0
LEAST, MOST = 16, 4096
# Seconds of a picture of 512 x 512 pixels on two cores, and how much faster a GPU is. Rough: a wrong number makes
# shards longer or shorter, and nothing else. The times are those of docs/project/performance.md.
FAST_SECONDS, STEP_SECONDS, GPU_SPEEDUP = 0.34, 0.15, 20.0
# So that no worker waits long for the last one, each of several gets about so many shards.
SHARDS_PER_WORKER = 4


def shard_size(recipe: Recipe, pictures: int, workers: int, gpus: bool, batch_size: int = 0) -> int:
    """Return the number of pictures of a shard: a whole number of batches.

    Otherwise the last batch of a shard would be smaller and need compiled programs of its own.

    Args:
        recipe: the settings.
        pictures: the number of all pictures.
        workers: the number of workers.
        gpus: whether they compute on GPUs.
        batch_size: the number of pictures of a batch; 0 for one that each worker finds, a power of two.
    """
    area = ((recipe.size or 2048) * recipe.supersampling_factor / 512) ** 2
    seconds = area * (FAST_SECONDS if recipe.fast else STEP_SECONDS * recipe.main_steps * 1.3)
    rate = (GPU_SPEEDUP if gpus else 1.0) / max(seconds, 1e-3)
    fair = math.ceil(pictures / (SHARDS_PER_WORKER * workers)) if workers > 1 else pictures
    batch = batch_size or LEAST
    batches = math.ceil(max(min(rate * SHARD_SECONDS, fair), LEAST) / batch)
    return max(min(batches, MOST // batch), 1) * batch


def shard_count(plan: Plan) -> int:
    """Return the number of shards of a plan."""
    return sum(generation.shards for generation in plan.generations)


def warn_of_idle(plan: Plan, takers: int, kind: str, option: str) -> None:
    """Warn if there are more workers or parts than shards, so that some of them have nothing to do.

    Args:
        plan: the plan.
        takers: the number of workers or parts.
        kind: "worker" or "part".
        option: the option that sets their number, which is added to its end.
    """
    shards = shard_count(plan)
    idle = takers - shards
    if idle <= 0:
        return
    one_shard, one_idle = shards == 1, idle == 1
    warnings.warn(
        f"The plan has {shards} shard{'' if one_shard else 's'} for {takers} {kind}s, so that {idle} of them "
        f"{'has' if one_idle else 'have'} nothing to do; give {option}{shards}, or another output with "
        f"--shard-size {max(plan.pictures // takers, 1)}.",
        stacklevel=2,
    )
