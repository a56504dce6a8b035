"""Loss against seconds: how soon each method has a good picture, compilation included."""

import dataclasses
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np

import nst_jax
from nst_jax import images, process
from nst_jax.engine import batched
from nst_jax.engine.preprocess import resize_style
from nst_jax.images.picture import RGB
from nst_jax.networks.vgg import build_network
from nst_jax.networks.weights import NetworkWeights
from nst_jax.recipes.pyramid import Scale
from nst_jax.recipes.recipe import Recipe

SINGLE, FINE, ADAM, TORCH = "single scale", "coarse to fine", "Adam", "PyTorch L-BFGS"
# What the others are held against.
BASELINES = (TORCH, SINGLE)


class Curve(NamedTuple):
    """A run at full size: from seconds after the start on, the loss of the best picture so far.

    Attributes:
        seconds: after the start, compilation and coarser scales included.
        losses: the objective's, at full size.
        picture: the result.
    """

    seconds: list[float]
    losses: list[float]
    picture: RGB

    def reached(self, loss: float) -> float | None:
        """The first moment with this loss or a lower one."""
        return next((at for at, value in zip(self.seconds, self.losses, strict=True) if value <= loss), None)


class Row(NamedTuple):
    """A run.

    Attributes:
        pair: the pictures.
        method: how they were painted.
        seconds: all of it.
        loss: at the end.
        seconds_to_torch: until the loss that PyTorch's L-BFGS ended with was reached.
        seconds_to_single_scale: the same of our own single scale.
    """

    pair: str
    method: str
    seconds: float
    loss: float
    seconds_to_torch: float | None
    seconds_to_single_scale: float | None


def row(pair: str, method: str, curves: dict[str, Curve]) -> Row:
    """Of one curve; what it is to be held against must have been run before."""
    curve = curves[method]
    reached = [curve.reached(curves[other].losses[-1]) if other in curves else None for other in BASELINES]
    return Row(pair, method, curve.seconds[-1], curve.losses[-1], *reached)


def runs(recipe: Recipe, evaluations: int) -> dict[str, Callable[[RGB, RGB, NetworkWeights], Curve]]:
    """The methods by name: all from the content picture, with the objective of the recipe.

    Args:
        recipe: how the program paints from coarse to fine.
        evaluations: of the methods that stay at one scale.
    """
    # As optax's L-BFGS is by itself, without what our recipes add to it.
    plain = dataclasses.replace(recipe, spectral_exponent=0, lbfgs_memory=10, style_huber=0)
    single = dataclasses.replace(plain, scales=1, steps=evaluations)
    adam = dataclasses.replace(recipe, scales=1, steps=evaluations, optimizer="adam")
    ours = {SINGLE: single, FINE: recipe, ADAM: adam}
    return {name: _ours(each) for name, each in ours.items()} | {TORCH: _torch(single)}


def ratio(curves: dict[str, Curve], other: str) -> float | None:
    """The time from coarse to fine needs to reach another method's last loss, over the time that that took.

    None when it does not reach it.
    """
    reached = curves[FINE].reached(curves[other].losses[-1])
    return None if reached is None else reached / curves[other].seconds[-1]


def median_ratio(ratios: list[float | None]) -> float | None:
    """Of several pairs; a loss not reached counts as never."""
    median = statistics.median(float("inf") if value is None else value for value in ratios)
    return None if median == float("inf") else median


def draw(curves: dict[str, Curve], title: str, path: Path) -> None:
    """The curves on a logarithmic scale."""
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
    """In a process of its own without huge pages, which our program asks for and others do not."""

    def run(content: RGB, style: RGB, weights: NetworkWeights) -> Curve:
        environment = mock.patch.dict(os.environ, {process.VARIABLE: ""})
        with environment, multiprocessing.get_context("spawn").Pool(1) as pool:
            return pool.apply(torch_curve, (recipe, content, style, weights))

    return run


def torch_curve(recipe: Recipe, content: RGB, style: RGB, weights: NetworkWeights) -> Curve:
    """The method of PyTorch's tutorial: `torch.optim.LBFGS` as it comes, the picture clamped inside of the closure."""
    # Not everybody who measures our own methods has it.
    import torch

    from benchmarks.pytorch import loss_function, picture_tensor

    size = Scale(*images.fitted_size(content.shape, recipe.size))
    contents = jnp.asarray(images.resize(content, *size)[None])
    style_target = jnp.asarray(resize_style(style, size, size, recipe))
    targets = batched.make_batch_targets(build_network(weights, recipe), contents, style_target, recipe)
    targets = jax.block_until_ready(targets)
    began = time.perf_counter()
    loss = loss_function(weights, targets, torch.float32)
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

    while len(losses) < recipe.steps:
        optimizer.step(closure)
    with torch.no_grad():
        picture = x.clamp(0, 1)[0].permute(1, 2, 0).cpu().numpy()
    return Curve(seconds, np.minimum.accumulate(losses).tolist(), picture)
