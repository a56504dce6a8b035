"""A run of a fast network: a batch of images of one size, stylized in one pass."""

import functools
import time
from collections.abc import Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from nst_jax import images
from nst_jax.engine.postprocess import Postprocessor
from nst_jax.engine.preprocess import resize_style
from nst_jax.engine.problem import Problem
from nst_jax.engine.provenance import RunInputs, run_inputs
from nst_jax.engine.result import Losses, Progress, Result
from nst_jax.errors import InputError
from nst_jax.images import color_transfer, masks
from nst_jax.images.masks import Planes, Regions, resize_regions
from nst_jax.images.picture import RGB, Picture
from nst_jax.networks.weights import NetworkWeights
from nst_jax.objective.blending import mixture_weights
from nst_jax.recipes.pyramid import Scale

ENDING = "done in one pass"


@runtime_checkable
class FastMethod(Protocol):
    """A network that stylizes in one pass; codes are pytrees of arrays that describe the styles of all regions."""

    def code(self, style: RGB, planes: Planes | None) -> Any:
        """Compute the code of a style image.

        Args:
            style: RGB in [0, 1], resized for the size of the contents.
            planes: how much each pixel belongs to each region, (regions, height, width); None without regions.
        """

    def mix(self, codes: Sequence[Any], shares: Float[np.ndarray, "styles regions"]) -> Any:
        """Mix the codes of several styles by their weights in each region."""

    def stylize(
        self, contents: list[RGB], codes: list[Any], strength: float, planes: Planes | None, seed: int
    ) -> Sequence[RGB]:
        """Stylize images of one size.

        Args:
            contents: RGB in [0, 1].
            codes: the code of each, or one for all.
            strength: from 0, which returns the contents, to 1.
            planes: how much each pixel belongs to each region, the same for all images; None without regions.
            seed: of the noise.
        """

    def identity(self) -> dict[str, str]:
        """Return what identifies the network besides the hash of `Problem.weights`."""


def run_fast(problem: Problem) -> Iterator[list[Progress]]:
    """Stylize a batch in one pass.

    Args:
        problem: images, settings and network; the recipe has `fast`.

    Yields:
        The progress of each content, once, with its result.

    Raises:
        InputError: when settings and images do not match, or an option of the optimization is used.
    """
    recipe = problem.recipe
    if problem.checkpoint or problem.every:
        raise InputError("A fast picture is made in one step, without checkpoints and unfinished pictures in between.")
    height, width = problem.working_size()
    mixture_weights(recipe, len(problem.styles))  # raises InputError before any work
    styles = [images.crop(style, recipe.style_box) if recipe.style_box else style for style in problem.styles]
    regions = masks.regions(problem.contents[0], styles, problem.content_mask, problem.style_masks, recipe)
    method = _method(problem)
    began = time.perf_counter()

    pairs = [
        [color_transfer.prepare_colors(content.solid, style.rgb, recipe.color) for style in styles]
        for content in problem.contents
    ]
    # A style depends on the content only if it takes the content's colors.
    different = pairs if recipe.color != "style" else pairs[:1]
    codes = [_code(method, [pair.style for pair in row], regions, problem) for row in different]
    contents = [images.resize(row[0].content, height, width) for row in pairs]
    planes = None if regions is None else resize_regions(regions.content, height, width)
    strength = 1.0 if recipe.style_strength is None else recipe.style_strength
    stylized = method.stylize(contents, codes, strength, planes, recipe.seed)
    seconds = time.perf_counter() - began

    # Measuring large styles would take as long as the network.
    postprocessor = Postprocessor(problem.contents, (), recipe, Scale(height, width), regions, problem.original_shapes)
    of_masks = regions.pictures if regions else ()
    yield [
        Progress(
            step=1,
            total_steps=1,
            scale=1,
            scales=1,
            fraction=1.0,
            losses={},
            seconds=seconds,
            ending=ENDING,
            make_result=functools.partial(
                _result,
                problem,
                index,
                stylized[index],
                postprocessor,
                seconds,
                _inputs(problem, method, content, styles, of_masks),
            ),
        )
        for index, content in enumerate(problem.contents)
    ]


def _method(problem: Problem) -> FastMethod:
    """Return the network that the weights belong to."""
    # Imported here, because each is slow to import and does not need the other.
    if isinstance(problem.weights, NetworkWeights):
        from nst_jax.engine.fast_embedded import EmbeddedMethod

        return EmbeddedMethod(problem.weights)
    from nst_jax.engine.fast_magenta import MagentaMethod

    return MagentaMethod(problem.weights)


def _code(method: FastMethod, styles: Sequence[RGB], regions: Regions | None, problem: Problem) -> Any:
    """Return the code of the mixture of styles in each region."""
    recipe, size = problem.recipe, Scale(*problem.working_size())
    codes = []
    for index, style in enumerate(styles):
        resized = resize_style(style, size, size, recipe)
        planes = None if regions is None else resize_regions(regions.styles[index], *resized.shape[:2])
        codes.append(method.code(resized, planes))
    if len(codes) == 1:
        return codes[0]
    parts = np.asarray(mixture_weights(recipe, len(styles))[recipe.style_layers[0]], np.float32)
    shares = parts[:, None] if regions is None or regions.shares is None else regions.shares.astype(np.float32).T
    count = 1 if regions is None else len(regions.content)
    return method.mix(codes, np.broadcast_to(shares, (len(styles), count)))


def _inputs(
    problem: Problem, method: FastMethod, content: Picture, styles: Sequence[Picture], of_masks: Sequence[Picture]
) -> RunInputs:
    inputs = run_inputs(problem.weights, content, styles, of_masks)
    return RunInputs(inputs.network | method.identity(), inputs.content, inputs.styles, inputs.masks)


def _result(
    problem: Problem, index: int, stylized: RGB, postprocessor: Postprocessor, seconds: float, inputs: RunInputs
) -> Result:
    empty = np.zeros(0, np.float32)
    return Result(
        picture=postprocessor.rgb(stylized, index),
        alpha=postprocessor.alpha(index),
        dpi=problem.contents[index].dpi,
        losses=Losses(content=empty, style=empty, total_variation=empty),
        seconds=seconds,
        steps=1,
        total_steps=1,
        recipe=problem.recipe,
        ending=ENDING,
        inputs=inputs,
    )
