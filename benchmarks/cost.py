"""What a picture costs: the start, compilation, memory, and evaluations per second."""

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

# Of a new process for each; peak memory is that of the whole process.
_PROBE = "import sys, json; from nst_jax.benchmarks import cost; print(json.dumps(cost.{}(*json.loads(sys.argv[1]))))"


class Start(NamedTuple):
    """Seconds from the start of a new process to its first step, imports included.

    Attributes:
        network: what was measured.
        size: long side in pixels.
        cold: without compiled programs from an earlier run.
        warm: with them.
        torch: PyTorch's first step, the import of this package, and with it of jax, included.
    """

    network: str
    size: int
    cold: float
    warm: float
    torch: float | None


class Run(NamedTuple):
    """A network at a size.

    Attributes:
        network: what was measured.
        size: of a square picture, in pixels.
        evaluations_per_second: after the first step, L-BFGS update included.
        peak_megabytes: of the process (CPU) or of the device.
    """

    network: str
    size: int
    evaluations_per_second: float
    peak_megabytes: float


def start(name: str, size: int, repeats: int, with_torch: bool) -> Start:
    """Medians over new processes."""
    cold, warm, torch = [], [], []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as cache:
            cold.append(_seconds("first_step", name, size, cache=cache))
            warm.append(_seconds("first_step", name, size, cache=cache))
        if with_torch:
            torch.append(_seconds("first_torch_step", name, size))
    of_torch = statistics.median(torch) if torch else None
    return Start(name, size, statistics.median(cold), statistics.median(warm), of_torch)


def run(name: str, size: int, evaluations: int) -> Run:
    """In a new process, whose peak memory is then this run's."""
    return Run(name, size, *_probe("rate_and_memory", name, size, evaluations))


def first_step(name: str, size: int) -> float:
    """Takes it; returns the time, in seconds since the epoch."""
    import nst_jax
    from nst_jax import process

    process.enable_compilation_cache()
    next(nst_jax.stylize_steps(*sample_paths(), size=size, steps=1, scales=1, network=network(name)))
    return time.time()


def first_torch_step(name: str, size: int) -> float:
    """The same with PyTorch, on targets as good as any."""
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
    (content,) = recipe.content_layers
    side = size >> (block_of(content) - 1)
    targets = Targets(
        {content: zeros(1, side, side, widths[content])},
        {layer: (zeros(widths[layer], widths[layer]),) for layer in recipe.style_layers},
        {},
        Coefficients({content: zeros(1)}, dict.fromkeys(recipe.style_layers, (zeros(),)), zeros(), {}),
    )
    x = picture_tensor(np.full((1, size, size, 3), 0.5), torch.float32)
    loss_function(weights, targets, torch.float32)(x).backward()
    return time.time()


def rate_and_memory(name: str, size: int, evaluations: int) -> tuple[float, float]:
    """Evaluations per second, and the peak of memory in megabytes."""
    import jax
    import numpy as np

    import nst_jax
    from benchmarks.networks import samples
    from nst_jax import images

    content, style = (images.cover(rgb, size, size) for rgb in samples())
    results = list(
        nst_jax.stylize_steps(
            np.asarray(content), style, size=size, steps=evaluations + 1, scales=1, every=1, network=network(name)
        )
    )
    # The median, since among so few the one step that begins a new stage of the run would count for too much.
    rate = 1 / float(np.median(np.diff([result.seconds for result in results])))
    statistics_of_device = jax.devices()[0].memory_stats() or {}
    peak = statistics_of_device.get("peak_bytes_in_use")
    # Linux counts in kilobytes, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return rate, (peak or unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1e6


def _seconds(function: str, *arguments: Any, cache: str | None = None) -> float:
    began = time.time()
    return _probe(function, *arguments, cache=cache) - began


def _probe(function: str, *arguments: Any, cache: str | None = None) -> Any:
    environment = os.environ | ({"NST_JAX_CACHE": cache} if cache else {})
    command = [sys.executable, "-c", _PROBE.format(function), json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=Path.cwd())
    return json.loads(done.stdout.splitlines()[-1])
