"""Targets of large images in bounded memory: what `batched.make_batch_targets` computes, window by window."""

import functools
from collections.abc import Callable, Sequence
from typing import Any, cast

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nst_jax.engine.mesh import make_mesh, target_spec
from nst_jax.engine.tile_parts import Part, add_window, make_parts, zero_totals
from nst_jax.losses.feature_sums import statistics_of_sums
from nst_jax.losses.statistics import Statistics
from nst_jax.networks.vgg import VGG19
from nst_jax.objective.guidance import Guides, Regions, downsample_guides
from nst_jax.objective.jitter import OFFSETS, shift_image
from nst_jax.objective.objective import Coefficients, Features, Masks, Objective, Targets
from nst_jax.objective.programs import program
from nst_jax.objective.targets import Measurements, RegionStatistics, jitter_guides, make_targets_of
from nst_jax.objective.tiles import LayerSums
from nst_jax.recipes.recipe import Recipe

Images = Float[Array, "batch height width 3"]
Styles = Float[Array, "... _ _ 3"] | tuple[Float[Array, "... _ _ 3"], ...]


def make_targets_in_tiles(
    network: VGG19, contents: Images, style: Styles, recipe: Recipe, masks: Masks | None, tile: int
) -> Targets:
    """Compute the targets of all contents and of the style; see `batched.make_batch_targets`.

    Args:
        network: the network.
        contents: (batch, height, width, 3).
        style: (h, w, 3), or (batch, h, w, 3) with `Objective.own_styles`; or a tuple of several styles.
        recipe: as for `targets.make_targets`.
        masks: the regions, which are the same for all examples; None without regions.
        tile: the side of the tiles in pixels.
    """
    objective = Objective.of(recipe)
    styles = style if isinstance(style, tuple) else (style,)
    names = objective.style_layers
    content, style_of_content = _measured(
        network,
        contents,
        objective,
        tile,
        names if objective.from_content else (),
        objective.content_layers,
        masks.content if masks else None,
    )
    of_styles = []
    for index, image in enumerate(styles):
        batch = image if objective.own_styles else image[None]
        _, statistics = _measured(network, batch, objective, tile, names, (), masks.styles[index] if masks else None)
        of_styles.append(statistics if objective.own_styles else jax.tree.map(_first, statistics))
    make: Callable[..., Targets] = jax.vmap(
        lambda measurements: make_targets_of(measurements, network, recipe, masks, contents.dtype),
        in_axes=(Measurements(cast(Any, 0), cast(Any, 0 if objective.own_styles else None), cast(Any, 0)),),
        out_axes=target_spec(objective, 0, None),
        # Without content and style there is no array to tell it.
        axis_size=len(contents),
    )
    return make(Measurements(content, of_styles, style_of_content))


def add_jitter_offsets_in_tiles(
    targets: Targets, network: VGG19, contents: Images, masks: Masks | None, objective: Objective, tile: int
) -> Targets:
    """Extend the targets for steps with jitter; see `batched.add_batch_jitter_offsets`."""
    stacks = {
        name: jnp.zeros((len(contents), len(OFFSETS), *values.shape[1:]), values.dtype)
        for name, values in targets.content.items()
    }
    for index in range(len(OFFSETS)) if stacks else ():
        shifted = _shifted(contents, index)
        features, _ = _measured(network, shifted, objective, tile, (), objective.content_layers, None)
        stacks = _entered(stacks, features, index)
    return targets._replace(content=stacks, guides=jitter_guides(masks, objective))


def _measured(
    network: VGG19,
    images: Images,
    objective: Objective,
    tile: int,
    style_layers: Sequence[str],
    collected: Sequence[str],
    regions: Regions | None,
) -> tuple[dict[str, Features], RegionStatistics]:
    """Return activations of the collected layers and statistics of the style layers, all with a batch axis."""
    guides: dict[str, Guides] = {} if regions is None else _guides(regions, tuple(style_layers))
    nothing = Targets({}, {}, guides, Coefficients({}, {}, jnp.zeros((), images.dtype), {}))
    mesh, maps = make_mesh(1), images
    features: dict[str, Features] = {}
    statistics: RegionStatistics = {}
    layers, shape = (*style_layers, *collected), (images.shape[1], images.shape[2])
    for part, grid in make_parts(layers, shape, tile, style_layers, collected):
        totals = zero_totals(maps, network, nothing, objective, mesh, part)
        for index in range(len(images)):
            for window in grid.windows:
                totals = add_window(totals, maps, network, nothing, index, window, 0, part, objective, mesh)
        features |= {name: totals.maps[name] for name in part.collected if name in collected}
        statistics |= _statistics(totals.style, part, objective)
        maps = totals.maps.get(part.segment.output or "", maps)
    return features, statistics


_guides = program(static_argnums=1)(downsample_guides)


@program(static_argnames=("part", "objective"))
def _statistics(sums: LayerSums, part: Part, objective: Objective) -> RegionStatistics:
    kind, normalization = objective.style_statistic, objective.gram_normalization

    def of_layer(name: str) -> list[Statistics]:
        one = functools.partial(
            statistics_of_sums, kind=kind, normalization=normalization, positions=part.positions(name)
        )
        return [jax.vmap(one)(each) for each in sums[name]]

    return {name: of_layer(name) for name in sums}


@program()
def _first(values: Array) -> Array:
    return values[0]


@program()
def _shifted(images: Images, index: Array | int) -> Images:
    return jax.vmap(shift_image, in_axes=(0, None))(images, index)


@program(donate_argnames="stacks")
def _entered(stacks: dict[str, Array], features: dict[str, Array], index: Array | int) -> dict[str, Array]:
    return jax.tree.map(lambda stack, values: stack.at[:, index].set(values), stacks, features)
