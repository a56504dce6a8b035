"""Measures this machine: `python scripts/benchmark.py` prints a table in Markdown.

For each network and size: the time from the start of the program to the first finished step, in a new process and again
in the same one, and evaluations (loss and gradient, with the L-BFGS update) per second after that.
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
    from nst_jax.layers import VGG19_WIDTHS
    from nst_jax.weights.random_filters import random_network

    examples = Path(__file__).parents[1] / "examples"
    weights = random_network(VGG19_WIDTHS) if network == "full width" else nst_jax.load_network(network)
    pair = examples / "astronaut.png", examples / "night-swirls.jpg"
    return nst_jax.stylize_steps(*pair, size=size, steps=count, every=count, network=weights)


def evaluations_per_second(network: str, size: int) -> float:
    """The median over a few runs, the first step of each left out."""
    count = 40 if network == "embedded" else 10
    rates = []
    for _ in range(REPEATS):
        results = list(steps(network, size, count))
        rates.append((count - results[0].steps) / (results[-1].seconds - results[0].seconds))
    return statistics.median(rates)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 512])
    parser.add_argument("--networks", nargs="+", default=["embedded", "full width"])
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
