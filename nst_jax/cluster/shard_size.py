"""The size of a shard: about five minutes of work, so that little is lost and little is said about each."""

from nst_jax.recipes.recipe import Recipe

SHARD_SECONDS = 300.0
LEAST, MOST = 16, 4096
# Seconds of a picture of 512 x 512 pixels on two cores, and how much faster a GPU is. Rough: a wrong number makes
# shards longer or shorter, and nothing else. The times are those of docs/project/performance.md.
FAST_SECONDS, STEP_SECONDS, GPU_SPEEDUP = 0.34, 0.15, 20.0
# So that no worker waits long for the last one, each gets about so many shards.
SHARDS_PER_WORKER = 4


def shard_size(recipe: Recipe, pictures: int, workers: int, gpus: bool) -> int:
    """Return the number of pictures of a shard.

    Args:
        recipe: the settings.
        pictures: the number of all pictures.
        workers: the number of workers.
        gpus: whether they compute on GPUs.
    """
    area = ((recipe.size or 2048) / 512) ** 2
    seconds = area * (FAST_SECONDS if recipe.fast else STEP_SECONDS * recipe.steps * 1.3)
    rate = (GPU_SPEEDUP if gpus else 1.0) / max(seconds, 1e-3)
    fair = -(-pictures // (SHARDS_PER_WORKER * workers))
    return int(min(max(min(rate * SHARD_SECONDS, fair), LEAST), MOST))
