"""Time of one evaluation of the loss and its gradient, compared with PyTorch on the same computation."""

import functools
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import torch

from benchmarks.batches import square_parts
from benchmarks.networks import network, samples
from benchmarks.processes import new_process
from benchmarks.pytorch import loss_function, picture_tensor
from nst_jax import images
from nst_jax.devices import has_accelerator
from nst_jax.engine import batch_targets, batched
from nst_jax.engine.mesh import make_mesh
from nst_jax.images.picture import RGB
from nst_jax.networks.vgg import build_network
from nst_jax.networks.weights import NetworkWeights
from nst_jax.objective.objective import Objective, Targets, without_huber
from nst_jax.recipes.recipe import Recipe

Gradient = np.ndarray
# Relative errors of our gradient and of PyTorch's; arrays with a value for each image.
Errors = tuple[np.ndarray, ...]


# Side in pixels of the small images on which rounding errors are measured, and the number of draws of their noise.
SMALL, DRAWS = 64, 9


class Row(NamedTuple):
    """The results of one case: a number of images of one size.

    If two values of a max-pooling window, or an input of a ReLU and zero, are equal up to rounding, then rounding
    decides where the gradient goes. In a large image, some of these decisions nearly always differ between float32 and
    float64, in any implementation, and change the gradient by about 1e-3. Rounding errors are therefore measured on
    small images.

    Attributes:
        case: the case, such as "512" or "4x256".
        process: the number of the repetition, from 1.
        ours: median seconds of a step of ours.
        torch: median seconds of a step of PyTorch's.
        ratio: `ours` divided by `torch`.
        error: error of our gradient relative to PyTorch's in float64, divided by the norm; median over small images.
        torch_error: the same for PyTorch's gradient in float32.
        whole_error: the error of our gradient at the size of the case, where differing decisions count too.
        whole_torch_error: the same for PyTorch's gradient in float32.
        compiling: seconds to trace and compile our program.
    """

    case: str
    process: int
    ours: float
    torch: float
    ratio: float
    error: float
    torch_error: float
    whole_error: float
    whole_torch_error: float
    compiling: float


def measure_all(cases: Sequence[str], recipe: Recipe, rounds: int) -> list[Row]:
    """Measure several cases on the sample pair with the network of a recipe."""
    weights = network(recipe.network)
    return [measure(case, weights, *samples(), recipe, rounds) for case in cases]


def measure(case: str, weights: NetworkWeights, content: RGB, style: RGB, recipe: Recipe, rounds: int) -> Row:
    """Time our program and PyTorch's alternately, and compare their gradients.

    On a CPU, each has a process of its own: in one, each would take memory pages that the other has given back, which
    costs ours a quarter at 512 pixels.

    Args:
        case: "SIZE" or "COUNTxSIZE", sizes in pixels.
        weights: the network.
        content: the image from which the square contents are cut.
        style: the style image.
        recipe: the losses and layers.
        rounds: the number of timings of each program.
    """
    count, size = (int(word) for word in case.split("x")) if "x" in case else (1, int(case))
    arguments = weights, content, style, recipe, count
    times = _times_here if has_accelerator() else _times_apart
    compiling, ours, torch_time = times(*arguments, size, rounds)
    small, work = _Work(*arguments, SMALL), _Work(*arguments, size)
    error, torch_error = _medians([small.errors(small.noisy_contents(seed)) for seed in range(DRAWS)])
    whole_error, whole_torch_error = _medians([work.errors(work.pictures)])
    return Row(
        case=case,
        process=1,
        ours=ours,
        torch=torch_time,
        ratio=ours / torch_time,
        error=error,
        torch_error=torch_error,
        whole_error=whole_error,
        whole_torch_error=whole_torch_error,
        compiling=compiling,
    )


def alternate(timings: Sequence[Callable[[], float]], rounds: int) -> list[float]:
    """Call functions in turn, each of which returns a number of seconds, and return the median of each.

    Two rounds come first that do not count, so that programs are warm.
    """
    seconds = [[timing() for timing in timings] for _ in range(rounds + 2)][2:]
    return [statistics.median(each) for each in zip(*seconds, strict=True)]


# What `_timed` calls in a process that `_prepare` has prepared.
_prepared: list[Callable[[], float]] = []


def _times_apart(*arguments: Any) -> tuple[float, ...]:
    """Return the seconds of our compilation, of our step, and of PyTorch's; both programs have a process each.

    Args:
        arguments: as of `_Work`, then the number of rounds.
    """
    *of_work, rounds = arguments
    with new_process() as ours, new_process() as of_torch:
        compiling = ours.submit(_prepare, "ours", *of_work).result()
        of_torch.submit(_prepare, "torch", *of_work).result()
        timings = [lambda process=process: process.submit(_timed).result() for process in (ours, of_torch)]
        return compiling, *alternate(timings, rounds)


def _times_here(*arguments: Any) -> tuple[float, ...]:
    """Return what `_times_apart` does, measured in this process: on a GPU, each process reserves most of its memory."""
    *of_work, rounds = arguments
    work = _Work(*of_work)
    seconds = alternate([functools.partial(_seconds, step, work.pictures) for step in (work.ours, work.torch)], rounds)
    return work.compiling, *seconds


def _prepare(name: Literal["ours", "torch"], *arguments: Any) -> float:
    """Prepare this process for `_timed`, and return the seconds that our program took to compile."""
    work = _Work(*arguments)
    step = work.ours if name == "ours" else work.torch
    _prepared[:] = [functools.partial(_seconds, step, work.pictures)]
    return work.compiling


def _timed() -> float:
    """Return the seconds of a step of the program that `_prepare` has prepared."""
    return _prepared[0]()


def _seconds(step: Callable[[jax.Array], Gradient], pictures: jax.Array) -> float:
    """Return the seconds of a step."""
    began = time.perf_counter()
    step(pictures)
    return time.perf_counter() - began


class _Work:
    """The gradients of a batch of images, computed by our program and by PyTorch; each is built when it is needed."""

    def __init__(self, weights: NetworkWeights, content: RGB, style: RGB, recipe: Recipe, count: int, size: int):
        self._weights, self._recipe = weights, recipe
        self._contents = jnp.asarray(np.stack(square_parts(content, count, size)))
        self.pictures = self.noisy_contents(0)
        self._network = build_network(weights, recipe)
        styles = jnp.asarray(images.cover(style, size, size))
        # Wait for the targets, or their computation would overlap the timing of the compilation.
        self._targets = jax.block_until_ready(
            without_huber(batch_targets.make_batch_targets(self._network, self._contents, styles, recipe))
        )
        self.compiling = 0.0

    @functools.cached_property
    def ours(self) -> Callable[[jax.Array], Gradient]:
        """Our program; the seconds of its compilation are in `compiling` from then on."""
        network, objective, mesh = self._network, Objective.of(self._recipe), make_mesh(1)
        # One after the other, as the optimization evaluates a batch on a CPU.
        each = batch_targets.split_targets(self._targets, len(self.pictures), objective)
        began = time.perf_counter()
        batched.evaluate_batch.lower(self.pictures[:1], network, each[0], objective=objective, mesh=mesh).compile()
        self.compiling = time.perf_counter() - began
        return lambda pictures: np.asarray(
            batched.evaluate_one_by_one(pictures, network, each, objective=objective, mesh=mesh).gradient
        )

    @functools.cached_property
    def torch(self) -> Callable[[jax.Array], Gradient]:
        """PyTorch's program in float32."""
        return _torch_gradient(self._weights, self._targets, self._recipe, torch.float32)

    @functools.cached_property
    def _exact(self) -> Callable[[jax.Array], Gradient]:
        return _torch_gradient(self._weights, self._targets, self._recipe, torch.float64)

    def noisy_contents(self, seed: int) -> jax.Array:
        """Add noise to the contents.

        Without noise, the content term would have no gradient, and max pooling would have ties in uniform areas.
        """
        noise = jax.random.normal(jax.random.key(seed), self._contents.shape)
        return 0.15 + 0.7 * self._contents + 0.05 * noise

    def errors(self, pictures: jax.Array) -> Errors:
        """Compute the relative errors of our gradient and of PyTorch's in float32, for each image.

        The reference is PyTorch's gradient in float64; errors are norms divided by its norm.
        """
        truth = self._exact(pictures)
        axes = (1, 2, 3)
        return tuple(
            np.sqrt(((step(pictures) - truth) ** 2).sum(axes) / (truth**2).sum(axes))
            for step in (self.ours, self.torch)
        )


def _medians(errors: list[Errors]) -> list[float]:
    """Return the median errors over all images of all draws, ours and PyTorch's."""
    return [float(np.median(np.concatenate(values))) for values in zip(*errors, strict=True)]


def _torch_gradient(
    weights: NetworkWeights, targets: Targets, recipe: Recipe, dtype: torch.dtype
) -> Callable[[jax.Array], Gradient]:
    loss = loss_function(weights, targets, recipe, dtype)

    def gradient(pictures: jax.Array) -> Gradient:
        x = picture_tensor(np.asarray(pictures), dtype)
        loss(x).backward()
        assert x.grad is not None
        return x.grad.permute(0, 2, 3, 1).cpu().numpy()

    return gradient
