"""The images of a run, ready for its scales, and the problem that each scale solves."""

import dataclasses
import functools
from collections.abc import Hashable, Sequence

import jax
import jax.numpy as jnp
import numpy as np

from nst_jax import images
from nst_jax.engine.memory_plan import MemoryPlan, plan_memory
from nst_jax.engine.mesh import batch_devices, make_mesh
from nst_jax.engine.preprocess import computed_scales, content_padded_to_min_size, resize_style
from nst_jax.engine.problem import Problem
from nst_jax.engine.start_colors import starts_and_contents
from nst_jax.errors import InputError
from nst_jax.images import color_transfer, masks
from nst_jax.images.masks import Planes, Regions
from nst_jax.images.picture import RGB
from nst_jax.networks.memory import check_memory
from nst_jax.networks.vgg import VGG, build_network
from nst_jax.networks.weights import NetworkWeights
from nst_jax.objective.blending import mixture_weights
from nst_jax.objective.objective import Masks, Objective
from nst_jax.recipes.phases import Phase, phases
from nst_jax.recipes.pyramid import Scale

# The product of pixels and steps from which Winograd's algorithm is worth its compilation: with VGG-19 it saves 2.7
# microseconds for each pixel and step, but takes 1.7 seconds longer to compile.
WORTH_COMPILING = 6e5


@dataclasses.dataclass(frozen=True)
class Inputs:
    """The images of a problem, ready to be resized to each scale; (height, width, 3) float32 in [0, 1].

    Attributes:
        problem: the problem, with its styles cropped by the recipe's box.
        weights: the network's parameters.
        sizes: the sizes of all scales, coarsest first.
        plans: the tiles at each scale.
        contents: the images that the content loss compares with: the contents with colors prepared by `prepare_colors`,
            padded if they are too small for the network, and recolored if the recipe says so.
        starts: the images that an optimization starts from: the contents, recolored or not as the recipe says, or what
            the fast network makes of them.
        styles: for each style, a list of one image for all contents, or of one image for each content.
        regions: the regions that the masks define; None without masks.
        target_network: the network with native convolutions, which compile sooner; for targets, and for scales with
            little work.
        network: the same network with the recipe's convolutions.
    """

    problem: Problem
    weights: NetworkWeights
    sizes: tuple[Scale, ...]
    plans: tuple[MemoryPlan, ...]
    contents: list[RGB]
    starts: list[RGB]
    styles: list[list[RGB]]
    regions: Regions | None
    target_network: VGG
    network: VGG


@dataclasses.dataclass(frozen=True)
class ScaleProblem:
    """The part of a problem that belongs to one scale; images are (height, width, 3) float32 in [0, 1].

    Attributes:
        phases: the phases of its steps, in order.
        contents: the content images at this scale.
        starts: the images that an optimization starts from if the recipe's `init` is "content" or "fast".
        coarse_starts: the images in `starts`, at the size of the previous scale; at the first scale, of its own size.
        styles: for each style, a list of one image for all contents, or of one image for each content.
        masks: regions of contents and styles, if any.
        target_network: the network that computes the targets.
        network: the network that is evaluated in each step.
        steps_before: the number of steps done at earlier scales.
        memory: the tiles in which the objective is evaluated.
    """

    phases: tuple[Phase, ...]
    contents: Sequence[RGB]
    starts: Sequence[RGB]
    coarse_starts: Sequence[RGB]
    styles: Sequence[Sequence[RGB]]
    masks: Masks | None
    target_network: VGG
    network: VGG
    steps_before: int
    memory: MemoryPlan


def prepare(problem: Problem) -> Inputs:
    """Validate a problem and bring its images into the form that all scales start from."""
    recipe = problem.recipe
    weights = problem.weights
    if not isinstance(weights, NetworkWeights):
        raise InputError(f"{weights.name} is no network for the optimization; use it with --fast.")
    height, width = problem.working_size()
    mixture_weights(recipe, len(problem.styles))  # raises InputError before any work
    styles = problem.styles
    if recipe.style_box:
        styles = [images.crop(style, recipe.style_box) for style in styles]
    given, problem = problem, dataclasses.replace(problem, styles=styles)
    regions = masks.regions(problem.contents[0], styles, problem.content_mask, problem.style_masks, recipe)
    if recipe.tile == "off":
        check_memory(weights, recipe.layers, height, width)
    examples = -(-len(problem.contents) // batch_devices(make_mesh(len(problem.contents))))
    sizes = computed_scales(problem.contents[0].rgb.shape, recipe)
    # The largest size first, because a refusal must name that one.
    read = sum(each.rgb.shape[0] * each.rgb.shape[1] for each in (*problem.contents, *given.styles))
    plans = tuple(plan_memory(weights, recipe, size, examples, read) for size in reversed(sizes))[::-1]
    network = build_network(weights, recipe)
    plain = dataclasses.replace(recipe, convolution="native")
    target_network = build_network(weights, plain) if network.has_winograd else network

    pad = functools.partial(content_padded_to_min_size, height=height, width=width, layers=recipe.layers)
    rgbs = [pad(content.solid) for content in problem.contents]
    pairs = [[color_transfer.prepare_colors(rgb, style.rgb, recipe.color) for rgb in rgbs] for style in styles]
    contents = [pair.content for pair in pairs[0]]
    # For each style, one image for all contents, or one image for each content.
    of_styles = [[pair.style for pair in (row if Objective.of(recipe).own_styles else row[:1])] for row in pairs]
    of_contents = zip(*[row * (len(contents) // len(row)) for row in of_styles], strict=True)
    starts, contents = starts_and_contents(contents, [*of_contents], recipe, regions)
    if recipe.init == "fast":
        from nst_jax.engine.fast_start import fast_starts  # only here, because few runs start so

        starts = fast_starts(given, *contents[0].shape[:2])
    if regions:
        regions = dataclasses.replace(regions, content=np.stack([pad(plane) for plane in regions.content]))
    return Inputs(
        problem=problem,
        weights=weights,
        sizes=sizes,
        plans=plans,
        contents=contents,
        starts=starts,
        styles=of_styles,
        regions=regions,
        target_network=target_network,
        network=network,
    )


def scale_problem(inputs: Inputs, index: int, memory: MemoryPlan, steps_before: int) -> ScaleProblem:
    """Resize the images of a run to one of its scales.

    Args:
        inputs: from `prepare`.
        index: which of `inputs.sizes`.
        memory: the tiles at this scale.
        steps_before: the number of steps done at earlier scales.
    """
    recipe, sizes = inputs.problem.recipe, inputs.sizes
    size, steps = sizes[index], recipe.steps_at(sizes)[index]
    little = recipe.convolution == "auto" and size.pixels * steps < WORTH_COMPILING
    contents = [images.resize(content, *size) for content in inputs.contents]
    starts = contents if inputs.starts is inputs.contents else [images.resize(each, *size) for each in inputs.starts]
    coarse = sizes[max(index - 1, 0)]
    enlarge = index > recipe.main_scale(sizes)
    styles = [[resize_style(style, size, sizes[-1], recipe, enlarge=enlarge) for style in row] for row in inputs.styles]
    return ScaleProblem(
        phases=phases(recipe, steps, is_last_scale=index == len(sizes) - 1),
        contents=contents,
        starts=starts,
        coarse_starts=starts if coarse == size else [images.resize(start, *coarse) for start in inputs.starts],
        styles=styles,
        masks=_resized_masks(inputs.regions, contents[0], [row[0] for row in styles]) if inputs.regions else None,
        target_network=inputs.target_network,
        network=inputs.target_network if little else inputs.network,
        steps_before=steps_before,
        memory=memory,
    )


def kind_of(network: VGG) -> tuple[Hashable, ...]:
    """Return what programs depend on in a network, besides the names of its layers."""
    return (network.widths, network.pooling, network.padding, network.input_range, network.has_winograd)


def _resized_masks(regions: Regions, content: RGB, styles: Sequence[RGB]) -> Masks:
    """Return the regions at the sizes of the images of a scale."""

    def resized(planes: Planes, image: RGB) -> jax.Array:
        return jax.device_put(masks.resize_regions(planes, *image.shape[:2]))

    of_styles = tuple(resized(*each) for each in zip(regions.styles, styles, strict=True))
    mixtures = None if regions.shares is None else jnp.asarray(regions.shares)
    return Masks(resized(regions.content, content), of_styles, mixtures)
