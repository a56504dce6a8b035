"""Cost of a stylization: start-up time, compilation, memory, and the time of a step."""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.networks import network, sample_paths

# Program of a new process that calls one function of this module and prints its result as JSON. Each measurement has a
# process of its own because peak memory is measured for a whole process.
_PROBE = "import sys, json; from benchmarks import cost; print(json.dumps(cost.{}(*json.loads(sys.argv[1]))))"


class Start(NamedTuple):
    """Start-up times: seconds from the start of a new process to the end of its first step, imports included.

    Attributes:
        network: name of the network.
        size: long side of the image in pixels.
        cold: with an empty compilation cache.
        warm: with the compilation cache of an earlier run.
        torch: the same for a first step in PyTorch, including the import of this package and of jax; None if PyTorch is
            not installed.
    """

    network: str
    size: int
    cold: float
    warm: float
    torch: float | None


class Run(NamedTuple):
    """Time of a step, and memory, of a run with one network at one size, all coarser sizes included.

    Attributes:
        network: name of the network.
        size: long side of the image in pixels.
        tile: side of the tiles in pixels; 0 for the whole.
        recompute: whether the content's features are computed anew in each step.
        seconds: median seconds of a step at full size after the first, the optimizer's work included.
        microseconds_per_pixel: the same for each pixel, in microseconds.
        peak_megabytes: peak memory of the process (CPU) or of the device, in megabytes.
        estimate_megabytes: what was estimated before the run.
    """

    network: str
    size: int
    tile: int
    recompute: bool
    seconds: float
    microseconds_per_pixel: float
    peak_megabytes: float
    estimate_megabytes: float


def start(name: str, size: int, repeats: int, with_torch: bool) -> Start:
    """Measure the start-up times.

    Args:
        name: the network, as for `networks.network`.
        size: long side of the image in pixels.
        repeats: the number of new processes, over which medians are taken.
        with_torch: whether to measure PyTorch too.
    """
    cold, warm, torch = [], [], []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as cache:
            cold.append(_seconds("first_step", name, size, cache=cache))
            warm.append(_seconds("first_step", name, size, cache=cache))
        if with_torch:
            torch.append(_seconds("first_torch_step", name, size))
    torch_median = statistics.median(torch) if torch else None
    return Start(name, size, statistics.median(cold), statistics.median(warm), torch_median)


def run(name: str, size: int, aspect: float, tile: str, max_memory: str, steps: int) -> Run:
    """Measure the time of a step and the peak memory of a run in a new process.

    Args:
        name: the network, as for `networks.network`.
        size: long side of the image in pixels.
        aspect: its width divided by its height.
        tile: as `Recipe.tile`.
        max_memory: as `Recipe.max_memory`.
        steps: the number of steps at each size, 2 or more; the first is not timed.
    """
    return Run(name, size, *_probe("time_and_memory", name, size, aspect, tile, max_memory, steps))


def first_step(name: str, size: int) -> float:
    """Do the first step of a run; return the time at its end, in seconds since the epoch."""
    import nst_jax
    from nst_jax import process

    process.configure()
    next(nst_jax.stylize_steps(*sample_paths(), size=size, steps=1, scales=1, supersampling=1.0, network=network(name)))
    return time.time()


def first_torch_step(name: str, size: int) -> float:
    """Do the first step with PyTorch, for targets of zeros; return the time at its end, in seconds since the epoch."""
    import numpy as np
    import torch

    from benchmarks.pytorch import loss_function, picture_tensor
    from nst_jax.objective.objective import Coefficients, Targets
    from nst_jax.recipes.recipe import Recipe
    from nst_jax.recipes.vgg_layers import block_of

    def zeros(*shape: int) -> Any:
        return np.zeros(shape, np.float32)

    weights, recipe = network(name), Recipe()
    widths = {layer.replace("conv", "relu"): bias.size for layer, (_, bias) in weights.convolutions.items()}
    sides = {layer: size >> (block_of(layer) - 1) for layer in recipe.content_layers}
    targets = Targets(
        {layer: zeros(1, side, side, widths[layer]) for layer, side in sides.items()},
        {layer: (zeros(widths[layer], widths[layer]),) for layer in recipe.style_layers},
        {},
        Coefficients(dict.fromkeys(sides, zeros(1)), dict.fromkeys(recipe.style_layers, (zeros(),)), zeros(), {}),
    )
    x = picture_tensor(np.full((1, size, size, 3), 0.5), torch.float32)
    loss_function(weights, targets, recipe, torch.float32)(x).backward()
    return time.time()


def time_and_memory(
    name: str, size: int, aspect: float, tile: str, max_memory: str, steps: int
) -> tuple[int, bool, float, float, float, float]:
    """Run a stylization in this process, with arguments as for `run`.

    Returns:
        The values of `Run` from `tile` on.
    """
    import jax
    import numpy as np

    import nst_jax
    from benchmarks.networks import samples
    from nst_jax import images
    from nst_jax.engine.memory_plan import plan_memory
    from nst_jax.recipes.pyramid import Scale

    content, style = samples()
    height, width = (round(size / aspect), size) if aspect > 1 else (size, round(size * aspect))
    content = images.cover(content, height, width)
    recipe = nst_jax.Recipe(
        size=size, steps=steps, coarse_steps=steps, supersampling=1.0, tile=tile, max_memory=max_memory
    )
    weights, read = network(name), sum(each.shape[0] * each.shape[1] for each in (content, style))
    plan = plan_memory(weights, recipe, Scale(*content.shape[:2]), read=read)
    seconds = [
        progress.seconds
        for progress in nst_jax.stylize_steps(content, style, recipe, every=1, network=weights)
        if progress.scale == progress.scales
    ]
    # The median, because in so few steps a single slow one at the start of a new phase would dominate the mean.
    step = float(np.median(np.diff(seconds)))
    memory_stats = jax.devices()[0].memory_stats() or {}
    peak = memory_stats.get("peak_bytes_in_use")
    # The unit of ru_maxrss is kibibytes on Linux and bytes on macOS.
    unit = 1 if sys.platform == "darwin" else 1024
    peak = (peak or unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1e6
    pixels = content.shape[0] * content.shape[1]
    return plan.tile or 0, plan.recompute, step, 1e6 * step / pixels, peak, plan.needed / 1e6


def _seconds(function: str, *arguments: Any, cache: str | None = None) -> float:
    """Measure the seconds from the start of a new process to the time that a function returns in it."""
    began = time.time()
    return _probe(function, *arguments, cache=cache) - began


def _probe(function: str, *arguments: Any, cache: str | None = None) -> Any:
    """Call a function of this module in a new process, with `cache` as the cache folder, and return its result."""
    environment = os.environ | ({"NST_JAX_CACHE": cache} if cache else {})
    command = [sys.executable, "-c", _PROBE.format(function), json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=Path.cwd())
    return json.loads(done.stdout.splitlines()[-1])
