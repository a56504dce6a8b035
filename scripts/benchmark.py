"""Measures this machine and prints tables in Markdown.

`python scripts/benchmark.py`: for each network and size, the time from the start of the program to the first finished
step, in a new process and again in the same one, and evaluations (loss and gradient, with the L-BFGS update) per second
after that, at that size alone.

`python scripts/benchmark.py --batches 1 4 16`: for each network, size and number of pictures painted at once, finished
pictures per minute, with all scales of the default recipe, compiled before; the floating-point operations per second
that the convolutions come to; and how far a picture is from the same painted alone, after five steps.
"""

import argparse
import datetime
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REPEATS = 3
EXAMPLES = Path(__file__).parents[1] / "examples"


def first_step(network: str, size: int) -> tuple[float, float]:
    """Seconds to the first step in a new process, start and imports included, and of a second run in the same."""
    command = [sys.executable, __file__, "--probe", network, str(size)]
    began = time.time()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    reached, second = (float(word) for word in done.stdout.split())
    return reached - began, second


def probe(network: str, size: int) -> None:
    """Prints when the first step was done, in seconds since the epoch, and how long a second run took to its own."""
    results = steps(network, size, 2)
    next(results)
    reached = time.time()
    began = time.perf_counter()
    next(steps(network, size, 2))
    print(reached, time.perf_counter() - began)


def steps(network: str, size: int, count: int) -> Iterator[Any]:
    """The progress of stylising the sample pair."""
    import nst_jax

    weights = load(network)
    pair = EXAMPLES / "astronaut.png", EXAMPLES / "night-swirls.jpg"
    return nst_jax.stylize_steps(*pair, size=size, steps=count, every=count, scales=1, network=weights)


def load(network: str) -> Any:
    """A network by name; "full width" has random filters, for it is as fast as the pretrained one."""
    import nst_jax
    from nst_jax.layers import VGG19_WIDTHS
    from nst_jax.weights.random_filters import random_network

    return random_network(VGG19_WIDTHS) if network == "full width" else nst_jax.load_network(network)


def evaluations_per_second(network: str, size: int) -> float:
    """The median over a few runs, the first step of each left out."""
    count = 40 if network == "embedded" else 10
    rates = []
    for _ in range(REPEATS):
        results = list(steps(network, size, count))
        rates.append((count - results[0].steps) / (results[-1].seconds - results[0].seconds))
    return statistics.median(rates)


def batches(network: str, size: int, counts: list[int], number_of_steps: int) -> Iterator[str]:
    """Rows of the table of batches: square pictures, each another part of the sample."""
    import nst_jax
    from nst_jax import images
    from nst_jax.scales import scales

    weights, style = load(network), EXAMPLES / "night-swirls.jpg"
    rgb = images.read(EXAMPLES / "astronaut.png").rgb
    side = min(size, *rgb.shape[:2])
    offsets = [rgb.shape[0] - side, rgb.shape[1] - side]
    recipe = nst_jax.Recipe(size=size, steps=number_of_steps)
    single = nst_jax.stylize(rgb[:side, :side], style, recipe, network=weights, steps=5, scales=1).picture
    for count in counts:
        places = [[number * offset // count for offset in offsets] for number in range(count)]
        contents = [images.resize(rgb[top : top + side, left : left + side], size, size) for top, left in places]
        first = nst_jax.stylize_batch(contents, style, recipe, network=weights, steps=5, scales=1)[0]
        nst_jax.stylize_batch(contents, style, recipe, network=weights, steps=1)
        began = time.perf_counter()
        nst_jax.stylize_batch(contents, style, recipe, network=weights)
        seconds = time.perf_counter() - began
        difference = abs(first.picture - single).max()
        pixels = sum(scale.pixels for scale in scales(size, size, recipe)) * number_of_steps * count
        rate = pixels * operations_per_pixel(weights, recipe.layers) / seconds
        yield f"| {network} | {size} | {count} | {60 * count / seconds:.1f} | {rate / 1e9:.0f} | {difference:.1e} |"


def operations_per_pixel(weights: Any, layers: tuple[str, ...]) -> float:
    """Of the convolutions, forward and for the gradient of the picture: two for each multiplication and addition."""
    from nst_jax.layers import LAYERS, stride

    deepest = max(LAYERS.index(layer) for layer in layers)
    convolutions = [(name, weights.convolutions[name][0]) for name in LAYERS[:deepest] if name in weights.convolutions]
    return sum(2 * 2 * kernel.size / stride(name) ** 2 for name, kernel in convolutions)


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512])
    parser.add_argument("--networks", nargs="+", default=["embedded", "full width"])
    parser.add_argument("--batches", type=int, nargs="+", help="numbers of pictures to be painted at once")
    parser.add_argument("--steps", type=int, default=100, help="steps at each scale, for --batches")
    parser.add_argument("--probe", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.probe:
        probe(options.probe[0], int(options.probe[1]))
        return
    import jax

    print(
        f"{jax.devices()[0].device_kind}, {os.cpu_count()} cores, {platform.processor() or platform.machine()};",
        end=" ",
    )
    print(f"jax {jax.__version__}, Python {platform.python_version()}; {datetime.date.today()}\n")
    if options.batches:
        print("| network | size | pictures | pictures/minute | GFLOP/s | difference |\n|---|---|---|---|---|---|")
        for network in options.networks:
            for size in options.sizes:
                for row in batches(network, size, options.batches, options.steps):
                    print(row, flush=True)
        return
    print(
        "| network | size | first step, new process | first step, same process | evaluations/s |\n|---|---|---|---|---|"
    )
    for network in options.networks:
        for size in options.sizes:
            cold, warm = (
                statistics.median(times)
                for times in zip(*(first_step(network, size) for _ in range(REPEATS)), strict=True)
            )
            rate = evaluations_per_second(network, size)
            print(f"| {network} | {size} | {cold:.1f} s | {warm:.2f} s | {rate:.1f} |", flush=True)


if __name__ == "__main__":
    main()
