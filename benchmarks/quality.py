"""Loss over time: how soon each method reaches a good image, compilation included."""

import contextlib
import dataclasses
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

import nst_jax
from nst_jax import huge_pages, images
from nst_jax.engine import batch_targets
from nst_jax.engine.preprocess import resize_style
from nst_jax.images.picture import RGB
from nst_jax.networks.vgg import build_network
from nst_jax.networks.weights import NetworkWeights
from nst_jax.recipes.pyramid import Scale
from nst_jax.recipes.recipe import Recipe

SINGLE, FINE, ADAM, FAST, TORCH = "single scale", "coarse to fine", "Adam", "fast start", "PyTorch L-BFGS"
# The methods with which the others are compared.
BASELINES = (TORCH, SINGLE)


class Curve(NamedTuple):
    """The best loss so far over time, at full size.

    Attributes:
        seconds: times since the start, in seconds, compilation and coarser scales included.
        losses: the lowest value of the objective at full size up to each time.
        picture: the result.
    """

    seconds: list[float]
    losses: list[float]
    picture: RGB

    def reached(self, loss: float) -> float | None:
        """Return the first time, in seconds, at which the loss is at most the given one; None if it never is."""
        return next((at for at, value in zip(self.seconds, self.losses, strict=True) if value <= loss), None)


class Row(NamedTuple):
    """The results of one run.

    Attributes:
        pair: name of the pair of images.
        method: name of the method.
        seconds: total time.
        loss: loss at the end.
        seconds_to_torch: seconds until the final loss of PyTorch's L-BFGS was reached; None if it never was.
        seconds_to_single_scale: seconds until the final loss of our L-BFGS at a single scale was reached, or None.
    """

    pair: str
    method: str
    seconds: float
    loss: float
    seconds_to_torch: float | None
    seconds_to_single_scale: float | None


def row(pair: str, method: str, curves: dict[str, Curve]) -> Row:
    """Summarize the curve of a method in a row; it is compared with the baselines that have been run before."""
    curve = curves[method]
    reached = [curve.reached(curves[other].losses[-1]) if other in curves else None for other in BASELINES]
    return Row(pair, method, curve.seconds[-1], curve.losses[-1], *reached)


def runs(recipe: Recipe, evaluations: int) -> dict[str, Callable[[RGB, RGB, NetworkWeights], Curve]]:
    """Create the methods by name; "fast start" begins with the fast picture at full size, all others with the content.

    All reported losses are of the recipe's objective without Huber's loss.

    Args:
        recipe: the settings of the run from coarse to fine.
        evaluations: the number of steps, each with one evaluation, of the methods that work at a single scale.

    Returns:
        {name: function of the content, the style and the network that runs the method}.
    """
    # Plain Adam and L-BFGS as in optax, without jitter, Huber's loss or a spectral preconditioner.
    adam = dataclasses.replace(
        recipe, scales=1, steps=evaluations, optimizer="adam", start_colors="content", jitter=0, style_huber=0
    )
    single = dataclasses.replace(adam, optimizer="lbfgs", spectral_exponent=0, lbfgs_memory=10)
    ours = {SINGLE: single, FINE: recipe, ADAM: adam, FAST: dataclasses.replace(recipe, init="fast")}
    return {name: _ours(each) for name, each in ours.items()} | {TORCH: _torch(single)}


def ratio(curves: dict[str, Curve], other: str) -> float | None:
    """Compute how much time the coarse-to-fine run needs to reach another method's final loss.

    Returns:
        That time, divided by the other method's total time; None if the loss is not reached.
    """
    reached = curves[FINE].reached(curves[other].losses[-1])
    return None if reached is None else reached / curves[other].seconds[-1]


def median_ratio(ratios: list[float | None]) -> float | None:
    """Return the median of the ratios of several pairs; None counts as infinite, and stands for an infinite median."""
    median = statistics.median(float("inf") if value is None else value for value in ratios)
    return None if median == float("inf") else median


def draw(curves: dict[str, Curve], title: str, path: Path) -> None:
    """Plot the curves with a logarithmic loss axis and save the plot to a file."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4.5))
    for name, curve in curves.items():
        axes.plot(curve.seconds, curve.losses, label=name)
    axes.set(xlabel="seconds, compilation included", ylabel="loss at full size", yscale="log", title=title)
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    figure.savefig(path, dpi=100, bbox_inches="tight")
    pyplot.close(figure)


def _ours(recipe: Recipe) -> Callable[[RGB, RGB, NetworkWeights], Curve]:
    def run(content: RGB, style: RGB, weights: NetworkWeights) -> Curve:
        jax.clear_caches()
        seconds, losses = [], []
        began = time.perf_counter()
        for progress in nst_jax.stylize_steps(content, style, recipe, network=weights, every=5):
            if progress.scale == progress.scales:
                seconds.append(time.perf_counter() - began)
                losses.append(progress.total_loss)
        return Curve(seconds, np.minimum.accumulate(losses).tolist(), progress.partial_result.picture)

    return run


def _torch(recipe: Recipe) -> Callable[[RGB, RGB, NetworkWeights], Curve]:
    """Create the PyTorch method; it runs in a new process without huge pages, which other programs do not request."""

    def run(content: RGB, style: RGB, weights: NetworkWeights) -> Curve:
        # glibc reads the variable when a process starts, so it must be in the environment that the process inherits.
        with _environment_variable(huge_pages.VARIABLE, ""), multiprocessing.get_context("spawn").Pool(1) as pool:
            return pool.apply(torch_curve, (recipe, content, style, weights))

    return run


@contextlib.contextmanager
def _environment_variable(name: str, value: str) -> Iterator[None]:
    """Set an environment variable, for processes started meanwhile, and restore its previous state at the end."""
    previous = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if previous is None:
            del os.environ[name]
        else:
            os.environ[name] = previous


def torch_curve(recipe: Recipe, content: RGB, style: RGB, weights: NetworkWeights) -> Curve:
    """Run the method of PyTorch's tutorial: `torch.optim.LBFGS` with its defaults, the image clamped in the closure."""
    # Imported here because PyTorch is optional: the other methods work without it.
    import torch

    from benchmarks.pytorch import loss_function, picture_tensor

    size = Scale(*images.fitted_size(content.shape, recipe.size))
    contents = jnp.asarray(images.resize(content, *size)[None])
    style_target = jnp.asarray(resize_style(style, size, size, recipe))
    targets = batch_targets.make_batch_targets(build_network(weights, recipe), contents, style_target, recipe)
    targets = jax.block_until_ready(targets)
    began = time.perf_counter()
    loss = loss_function(weights, targets, recipe, torch.float32)
    x = picture_tensor(np.asarray(contents), torch.float32)
    optimizer = torch.optim.LBFGS([x])
    seconds, losses = [], []

    def closure() -> torch.Tensor:
        with torch.no_grad():
            x.clamp_(0, 1)
        optimizer.zero_grad()
        value = loss(x)
        value.backward()
        losses.append(value.item())
        seconds.append(time.perf_counter() - began)
        return value

    while len(losses) < recipe.main_steps:
        optimizer.step(closure)
    with torch.no_grad():
        picture = x.clamp(0, 1)[0].permute(1, 2, 0).cpu().numpy()
    return Curve(seconds, np.minimum.accumulate(losses).tolist(), picture)
