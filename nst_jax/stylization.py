"""One stylisation: the start, chunk after chunk of steps, and a generator of progress."""

import collections
import dataclasses
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from nst_jax import images, optimize
from nst_jax.adam import Adam
from nst_jax.errors import InputError
from nst_jax.images import RGB, Alpha
from nst_jax.layers import stride
from nst_jax.lbfgs import LBFGS
from nst_jax.memory import check_memory
from nst_jax.objective import Objective, Terms, make_targets
from nst_jax.provenance import provenance
from nst_jax.recipe import Recipe
from nst_jax.saving import save
from nst_jax.vgg import VGG19
from nst_jax.weights import NetworkWeights
from nst_jax.weights import load as load_network
from nst_jax.weights.download import ProgressBar

# A chunk is as many steps as take about this long: short enough for a live display and a prompt Ctrl-C.
CHUNK_SECONDS = 0.5

_ENDINGS = {
    optimize.RUNNING: "all steps done",
    optimize.CONVERGED: "converged: the gradient is zero",
    optimize.STALLED: "stalled: no step lowers the loss any more",
    optimize.DIVERGED: "diverged: the loss is not finite",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Losses:
    """The weighted terms of the loss at the accepted picture after each step, float32 arrays of shape (steps,)."""

    content: Float[np.ndarray, " steps"]
    style: Float[np.ndarray, " steps"]
    total_variation: Float[np.ndarray, " steps"]

    @property
    def total(self) -> Float[np.ndarray, " steps"]:
        """The sum of the terms: what is minimised."""
        return self.content + self.style + self.total_variation


@dataclasses.dataclass(frozen=True, kw_only=True)
class Result:
    """A picture and how it came to be.

    Attributes:
        picture: (height, width, 3) float32, sRGB in [0, 1]: the best picture so far.
        alpha: the content's transparency at the picture's size, or None.
        losses: one value for each step done.
        seconds: wall time since the start of the first step, compilation included.
        steps: steps done.
        ending: why the run ended; None while it goes on.
        provenance: settings, network, inputs and versions; see `provenance.provenance`.
    """

    picture: RGB
    alpha: Alpha | None
    losses: Losses
    seconds: float
    steps: int
    ending: str | None
    provenance: dict[str, Any]

    @property
    def recipe(self) -> Recipe:
        """The settings of the run."""
        return Recipe(**self.provenance["recipe"])

    def save(self, path: str | Path) -> None:
        """Writes the picture with its provenance; see `saving.save`."""
        facts = self.provenance | {"steps_done": self.steps, "ending": self.ending}
        save(Path(path), self.picture, self.alpha, facts)


def stylize(
    content: images.Source,
    style: images.Source,
    recipe: Recipe | None = None,
    *,
    network: NetworkWeights | None = None,
    **changes: Any,
) -> Result:
    """Paints the content picture in the manner of the style picture.

    Args:
        content: path, Pillow image or array (see `images.read`).
        style: the same; of any size, never stretched.
        recipe: settings; None means the default recipe.
        network: loaded weights, to be used in place of `recipe.network`.
        **changes: single settings to be changed in the recipe, such as `size=256, steps=100`.

    Returns:
        The finished result.

    Raises:
        InputError: for a file, a setting or a combination of them that cannot be worked with.
    """
    (result,) = collections.deque(stylize_steps(content, style, recipe, network=network, **changes), maxlen=1)
    return result


def stylize_steps(
    content: images.Source,
    style: images.Source,
    recipe: Recipe | None = None,
    *,
    network: NetworkWeights | None = None,
    every: int | None = None,
    download_bar: Callable[[], ProgressBar] | None = None,
    **changes: Any,
) -> Iterator[Result]:
    """The same as `stylize`, as a generator of the results so far, for live displays, notebooks and apps.

    Each result is handed out while the device already works on the next steps. Leaving the loop ends the run.

    Args:
        content: as for `stylize`.
        style: as for `stylize`.
        recipe: as for `stylize`.
        network: as for `stylize`.
        every: besides about twice a second, yield exactly after each `every` steps.
        download_bar: makes the progress bar of a download, should one be needed.
        **changes: as for `stylize`.
    """
    recipe = dataclasses.replace(recipe or Recipe(), **changes)
    if every is not None and every < 1:
        raise InputError(f"Results can be had every 1 step or more, not every {every}.")
    content_picture, style_picture = images.read(content), images.read(style)
    weights = network or load_network(recipe.network, progress=download_bar)
    module = VGG19(weights, pooling=recipe.pooling)
    height, width = images.fitted_size(content_picture.rgb.shape, recipe.size)
    _check_size(height, width, recipe)
    check_memory(weights, (*recipe.content_layers, *recipe.style_layers), height, width)
    target = images.resize(content_picture.rgb, height, width)
    style_target = _style_target(style_picture.rgb, max(height, width))
    start = _start(recipe, target, style_target)
    facts = provenance(recipe, weights, content_picture, style_picture)
    alpha = None if content_picture.alpha is None else images.resize(content_picture.alpha, height, width)

    optimizer = LBFGS() if recipe.optimizer == "lbfgs" else Adam(recipe.learning_rate)
    began = time.perf_counter()
    targets = make_targets(module, jnp.asarray(target), jnp.asarray(style_target), recipe)
    state = optimize.initial_state(jnp.asarray(start), optimizer)
    run = _Run(state, module, targets, Objective.of(recipe), optimizer)
    history: list[Terms] = []
    for snapshot in run.snapshots(recipe.steps, every):
        history.append(snapshot.terms)
        terms = [np.concatenate(values) for values in zip(*history, strict=True)]
        yield Result(
            picture=np.asarray(snapshot.picture),
            alpha=alpha,
            losses=Losses(content=terms[0], style=terms[1], total_variation=terms[2]),
            seconds=time.perf_counter() - began,
            steps=snapshot.steps,
            ending=snapshot.ending,
            provenance=facts,
        )


@dataclasses.dataclass
class _Snapshot:
    """A run after a chunk, still on the device until `wait`."""

    picture: jax.Array
    terms: Terms
    status: jax.Array
    steps: int
    count: int
    last: bool
    ending: str | None = None

    def wait(self) -> "_Snapshot":
        """Brings the numbers to the host once the device has them."""
        status = int(self.status)
        self.terms = jax.tree.map(lambda values: np.asarray(values)[: self.count], self.terms)
        if self.last or status != optimize.RUNNING:
            self.ending = _ENDINGS[status]
        return self


class _Run:
    """Keeps the device busy: the next chunk is on its way before the last one is looked at."""

    def __init__(self, state: optimize.State, *arguments: Any):
        self._state = state
        self._network, self._targets, self._objective, self._optimizer = arguments

    def snapshots(self, steps: int, every: int | None) -> Iterator[_Snapshot]:
        done, count = 0, 1
        waiting: _Snapshot | None = None
        clock = time.perf_counter()
        while done < steps:
            count = min(count, steps - done)
            if every is not None:
                count = min(count, every - done % every)
            done += count
            snapshot = self._dispatch(count, done, last=done == steps)
            if waiting is not None:
                finished = waiting.wait()
                now = time.perf_counter()
                count, clock = _next_count(finished.count, now - clock), now
                yield finished
                if finished.ending:
                    return
            waiting = snapshot
        assert waiting is not None
        yield waiting.wait()

    def _dispatch(self, count: int, done: int, *, last: bool) -> _Snapshot:
        chunk = optimize.run_chunk(
            self._state, self._network, self._targets, count, objective=self._objective, optimizer=self._optimizer
        )
        self._state = chunk.state
        # Copies, because the next chunk takes the state's buffers over.
        picture, status = jnp.array(chunk.state.picture), jnp.array(chunk.state.status)
        return _Snapshot(picture, chunk.record, status, done, count, last)


def _next_count(count: int, seconds: float) -> int:
    """How many steps take about CHUNK_SECONDS, growing no faster than fourfold, since the first chunk compiles."""
    fitting = int(count * CHUNK_SECONDS / max(seconds, 1e-6))
    return max(1, min(fitting, 4 * count, optimize.CHUNK_LIMIT))


def _check_size(height: int, width: int, recipe: Recipe) -> None:
    for layer in (*recipe.content_layers, *recipe.style_layers):
        if min(height, width) < stride(layer):
            raise InputError(
                f"At {width}x{height} pixels the picture is too small for the layer {layer}, which needs "
                f"{stride(layer)} on each side; give a larger --size or shallower layers."
            )


def _style_target(style: RGB, long_side: int) -> RGB:
    """The style at the size of the result, aspect kept; a smaller one is not enlarged, which would blur its strokes."""
    return images.resize(style, *images.fitted_size(style.shape, min(long_side, max(style.shape[:2]))))


def _start(recipe: Recipe, content: RGB, style: RGB) -> RGB:
    """The picture to start from, of the content's shape."""
    height, width = content.shape[:2]
    if recipe.init == "content":
        return content
    if recipe.init == "noise":
        return np.asarray(jax.random.uniform(jax.random.key(recipe.seed), (height, width, 3)))
    return images.cover(style if recipe.init == "style" else images.read(recipe.init).rgb, height, width)
