"""The time of a step, the loss and the gradient of the pictures, held against PyTorch on the same work."""

import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import torch

from benchmarks.batches import square_parts
from benchmarks.pytorch import loss_function, picture_tensor
from nst_jax import images
from nst_jax.engine import batched
from nst_jax.images.picture import RGB
from nst_jax.networks.vgg import build_network
from nst_jax.networks.weights import NetworkWeights
from nst_jax.objective.objective import Objective, Targets, without_huber
from nst_jax.recipes.recipe import Recipe

Gradient = np.ndarray
# Ours and PyTorch's, of each picture.
Errors = tuple[np.ndarray, ...]


# Pictures that the errors of the arithmetic are found on, and how many.
SMALL, DRAWS = 64, 9


class Row(NamedTuple):
    """One case: so many pictures of one size.

    Where two values of a pooling window, or a value and the zero of a ReLU, are equal up to rounding, rounding decides
    where the gradient goes. In a large picture some such decision nearly always falls otherwise than in float64, in
    everybody's float32, and changes the gradient by some 1e-3. So the error of the arithmetic is found on small ones.

    Attributes:
        case: such as "512" or "4x256".
        ours: seconds of a step, median.
        torch: PyTorch's.
        ratio: ours over PyTorch's.
        error: of our gradient, relative to its norm, against PyTorch in float64; median over small pictures.
        torch_error: of PyTorch's own in float32.
        whole_error: of ours at the size of the case, decisions included.
        whole_torch_error: of PyTorch's.
        compiling: seconds that our program takes to be traced and compiled.
    """

    case: str
    ours: float
    torch: float
    ratio: float
    error: float
    torch_error: float
    whole_error: float
    whole_torch_error: float
    compiling: float


def measure(case: str, weights: NetworkWeights, content: RGB, style: RGB, recipe: Recipe, rounds: int) -> Row:
    """Times both, in turns, in this process.

    Args:
        case: "SIZE" or "COUNTxSIZE".
        weights: the network.
        content: whose parts are the pictures.
        style: the style.
        recipe: losses and layers.
        rounds: how often each is timed.
    """
    count, size = (int(word) for word in case.split("x")) if "x" in case else (1, int(case))
    work = _Work(weights, content, style, recipe, count, size)
    times: dict[str, list[float]] = {"ours": [], "torch": []}
    for number in range(rounds + 2):
        for name, seconds in times.items():
            began = time.perf_counter()
            getattr(work, name)(work.pictures)
            # The first two warm up.
            seconds += [time.perf_counter() - began] if number > 1 else []
    our_time, torch_time = (statistics.median(seconds) for seconds in times.values())
    small = _Work(weights, content, style, recipe, count, SMALL)
    error, torch_error = _medians([small.errors(small.drawn(seed)) for seed in range(DRAWS)])
    whole_error, whole_torch_error = _medians([work.errors(work.pictures)])
    return Row(
        case=case,
        ours=our_time,
        torch=torch_time,
        ratio=our_time / torch_time,
        error=error,
        torch_error=torch_error,
        whole_error=whole_error,
        whole_torch_error=whole_torch_error,
        compiling=work.compiling,
    )


class _Work:
    """The gradient of pictures, by us and by PyTorch."""

    def __init__(self, weights: NetworkWeights, content: RGB, style: RGB, recipe: Recipe, count: int, size: int):
        self._contents = jnp.asarray(np.stack(square_parts(content, count, size)))
        self.pictures = self.drawn(0)
        network, mesh = build_network(weights, recipe), batched.make_mesh(1)
        styles = jnp.asarray(images.cover(style, size, size))
        # Finished, or the time of compilation would be taken while they are computed.
        targets = jax.block_until_ready(
            without_huber(batched.make_batch_targets(network, self._contents, styles, recipe))
        )
        began = time.perf_counter()
        program = batched.evaluate_batch.lower(self.pictures, network, targets, Objective.of(recipe), mesh).compile()
        self.compiling = time.perf_counter() - began
        self.ours = lambda pictures: np.asarray(program(pictures, network, targets).gradient)
        self.torch = _torch_gradient(weights, targets, torch.float32)
        self._exact = _torch_gradient(weights, targets, torch.float64)

    def drawn(self, seed: int) -> jax.Array:
        """The content with noise: at the content itself its term has no gradient, and in flat parts all values tie."""
        noise = jax.random.normal(jax.random.key(seed), self._contents.shape)
        return 0.15 + 0.7 * self._contents + 0.05 * noise

    def errors(self, pictures: jax.Array) -> Errors:
        """Ours and PyTorch's in float32, of each picture, relative to the norm of its gradient in float64."""
        truth = self._exact(pictures)
        axes = (1, 2, 3)
        return tuple(
            np.sqrt(((step(pictures) - truth) ** 2).sum(axes) / (truth**2).sum(axes))
            for step in (self.ours, self.torch)
        )


def _medians(errors: list[Errors]) -> list[float]:
    """Over all pictures of all draws: ours, PyTorch's."""
    return [float(np.median(np.concatenate(values))) for values in zip(*errors, strict=True)]


def _torch_gradient(weights: NetworkWeights, targets: Targets, dtype: torch.dtype) -> Callable[[jax.Array], Gradient]:
    loss = loss_function(weights, targets, dtype)

    def gradient(pictures: jax.Array) -> Gradient:
        x = picture_tensor(np.asarray(pictures), dtype)
        loss(x).backward()
        assert x.grad is not None
        return x.grad.permute(0, 2, 3, 1).cpu().numpy()

    return gradient
