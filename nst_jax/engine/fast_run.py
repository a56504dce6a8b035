"""A run of the fast network: a batch of images of one size, stylized in one pass."""

import dataclasses
import functools
import time
from collections.abc import Iterator, Sequence

import jax
import numpy as np
from jax.sharding import NamedSharding

from nst_jax import images
from nst_jax.engine.batched import BATCH, make_mesh
from nst_jax.engine.postprocess import Postprocessor
from nst_jax.engine.preprocess import resize_style
from nst_jax.engine.problem import Problem
from nst_jax.engine.provenance import RunInputs, run_inputs
from nst_jax.engine.result import Losses, Progress, Result
from nst_jax.errors import InputError
from nst_jax.fast import stylizer
from nst_jax.fast.network import STRIDE
from nst_jax.fast.style_code import StyleCode
from nst_jax.fast.weights import FastWeights, bundled
from nst_jax.images import color_transfer, masks
from nst_jax.images.masks import Regions, resize_regions
from nst_jax.images.picture import RGB
from nst_jax.networks.vgg import VGG19, build_network
from nst_jax.networks.weights import NetworkWeights
from nst_jax.objective.blending import mixture_weights
from nst_jax.objective.programs import make_room
from nst_jax.recipes.pyramid import Scale
from nst_jax.recipes.recipe import Recipe

ENDING = "done in one pass"
# Sides of style images are rounded to multiples of this number of pixels, because each shape is compiled anew.
STYLE_GRID = 32
# The least side of an image, for which the deepest layer of a style code has one position.
LEAST_SIDE = 16


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
    height, width = problem.fitted_size()
    mixture_weights(recipe, len(problem.styles))  # raises InputError before any work
    styles = [images.crop(style, recipe.style_box) if recipe.style_box else style for style in problem.styles]
    regions = masks.regions(problem.contents[0], styles, problem.content_mask, problem.style_masks, recipe)
    network, fast = _networks(problem.weights)
    began = time.perf_counter()

    pairs = [
        [color_transfer.prepare_colors(content.solid, style.rgb, recipe.color) for style in styles]
        for content in problem.contents
    ]
    # The style does not depend on the content unless it takes its colors.
    different = pairs if recipe.color != "style" else pairs[:1]
    codes = [_code([pair.style for pair in row], regions, problem, network) for row in different]
    contents = [_padded(images.resize(row[0].content, height, width)) for row in pairs]
    mesh = make_mesh(len(contents))
    missing = -len(contents) % mesh.size
    sharding = NamedSharding(mesh, BATCH)
    stacked = jax.device_put(np.stack([*contents, *contents[-1:] * missing]), sharding)
    codes = [*codes * (len(contents) // len(codes)), *codes[-1:] * missing]
    planes = None if regions is None else _padded_planes(regions, height, width)
    strength = 1.0 if recipe.style_strength is None else recipe.style_strength
    make_room(("fast", stacked.shape, None if planes is None else planes.shape))
    stylized = stylizer.stylize(
        network,
        fast.parameters,
        stacked,
        jax.device_put(jax.tree.map(lambda *each: np.stack(each), *codes), sharding),
        np.float32(strength),
        np.uint32(recipe.seed),
        planes,
        partial=strength < 1,
    )
    pictures = np.asarray(stylized)[:, :height, :width]
    seconds = time.perf_counter() - began
    postprocessor = Postprocessor(problem.contents, recipe, Scale(height, width), regions)
    of_masks = regions.pictures if regions else ()

    def result(index: int) -> Result:
        content = problem.contents[index]
        return Result(
            picture=postprocessor.rgb(pictures[index], index),
            alpha=postprocessor.alpha(index),
            dpi=content.dpi,
            losses=Losses(**{name: np.zeros(0, np.float32) for name in ("content", "style", "total_variation")}),
            seconds=seconds,
            steps=1,
            total_steps=1,
            recipe=recipe,
            ending=ENDING,
            inputs=_with_decoder(run_inputs(problem.weights, content, styles, of_masks), fast),
        )

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
            make_result=functools.partial(result, index),
        )
        for index in range(len(problem.contents))
    ]


_loaded: dict[str, tuple[VGG19, FastWeights]] = {}


def _networks(weights: NetworkWeights) -> tuple[VGG19, FastWeights]:
    """Return the network of the features and the decoder, whose parameters stay on the device for later runs."""
    if weights.sha256 not in _loaded:
        fast = bundled(weights)
        on_device = dataclasses.replace(fast, parameters=jax.device_put(fast.parameters))
        _loaded[weights.sha256] = build_network(weights, Recipe(fast=True)), on_device
    return _loaded[weights.sha256]


def _code(styles: Sequence[RGB], regions: Regions | None, problem: Problem, network: VGG19) -> StyleCode:
    """Return the code of the mixture of styles in each region."""
    recipe = problem.recipe
    size = Scale(*problem.fitted_size())
    codes = []
    for index, style in enumerate(styles):
        height, width = resize_style(style, size, size, recipe).shape[:2]
        height, width = (max(LEAST_SIDE, round(side / STYLE_GRID) * STYLE_GRID) for side in (height, width))
        planes = None if regions is None else resize_regions(regions.styles[index], height, width)
        make_room(("style code", height, width, None if planes is None else len(planes)))
        codes.append(stylizer.encode(network, images.resize(style, height, width), planes))
    if len(codes) == 1 and regions is None:
        return codes[0]
    parts = np.asarray(mixture_weights(recipe, len(styles))[recipe.style_layers[0]], np.float32)
    count = 1 if regions is None else len(regions.content)
    shares = np.tile(parts, (count, 1)) if regions is None or regions.shares is None else np.float32(regions.shares)
    return stylizer.mix(codes, shares)


def _padded(image: images.Planes) -> images.Planes:
    """Repeat the edge pixels at the right and at the bottom, to multiples of STRIDE and at least LEAST_SIDE pixels."""
    missing = [max(LEAST_SIDE, -(-side // STRIDE) * STRIDE) - side for side in image.shape[:2]]
    return np.pad(image, [(0, missing[0]), (0, missing[1]), *[(0, 0)] * (image.ndim - 2)], mode="edge")


def _padded_planes(regions: Regions, height: int, width: int) -> np.ndarray:
    """Return the masks of the content's regions in the size of the padded content."""
    return np.stack([_padded(plane) for plane in resize_regions(regions.content, height, width)])


def _with_decoder(inputs: RunInputs, fast: FastWeights) -> RunInputs:
    """Add the decoder to the identities of what a result was computed from."""
    network = inputs.network | {"decoder": fast.name, "decoder_sha256": fast.sha256}
    return dataclasses.replace(inputs, network=network)
