"""Targets of large images in bounded memory: what `batch_targets.make_batch_targets` computes, window by window."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh, NamedSharding
from jaxtyping import Array, Float

from nst_jax.engine.batch_targets import batch_targets_of
from nst_jax.engine.mesh import BATCH, make_mesh
from nst_jax.engine.tile_sums import measure, shift_images
from nst_jax.networks.vgg import VGG
from nst_jax.objective.jitter import OFFSETS
from nst_jax.objective.objective import Masks, Objective, Targets
from nst_jax.objective.programs import program
from nst_jax.objective.targets import Measurements, jitter_guides, losses_of_zeros
from nst_jax.recipes.recipe import Recipe

Images = Float[Array, "batch height width 3"]
# The statistics of each layer, of each region in turn, whose arrays have a batch axis.
BatchStatistics = dict[str, list[Any]]
Styles = Float[Array, "... _ _ 3"] | tuple[Float[Array, "... _ _ 3"], ...]


def make_targets_in_tiles(
    network: VGG, contents: Images, style: Styles, recipe: Recipe, masks: Masks | None, mesh: Mesh, tile: int
) -> Targets:
    """Compute the targets of all contents and of the style; see `batch_targets.make_batch_targets`.

    Args:
        network: the network.
        contents: (batch, height, width, 3).
        style: (h, w, 3), or (batch, h, w, 3) with `Objective.own_styles`; or a tuple of several styles.
        recipe: as for `targets.make_targets`.
        masks: the regions, which are the same for all examples; None without regions.
        mesh: the devices that the batch is spread over.
        tile: the side of the tiles in pixels.
    """
    objective = Objective.of(recipe)
    styles = style if isinstance(style, tuple) else (style,)
    names = objective.style_layers
    content, style_of_content = measure(
        network,
        contents,
        objective,
        mesh,
        tile,
        names if objective.from_content else (),
        objective.content_layers,
        masks.content if masks else None,
    )
    of_styles = []
    for index, image in enumerate(styles):
        regions = masks.styles[index] if masks else None
        if objective.own_styles:
            of_styles.append(measure(network, image, objective, mesh, tile, names, (), regions)[1])
        else:
            _, statistics = measure(network, image[None], objective, make_mesh(1), tile, names, (), regions)
            # By way of the host, because the arrays belong to the only device of that mesh.
            of_styles.append(jax.tree.map(lambda values: jnp.asarray(np.asarray(values)[0]), statistics))
    of_zeros = jax.vmap(losses_of_zeros)(content) if content else {}
    measurements = Measurements(content, of_zeros, of_styles, style_of_content)
    return batch_targets_of(measurements, network, recipe, masks, contents)


def add_jitter_offsets_in_tiles(
    targets: Targets,
    network: VGG,
    contents: Images,
    masks: Masks | None,
    objective: Objective,
    mesh: Mesh,
    tile: int,
) -> Targets:
    """Extend the targets for steps with jitter; see `batch_targets.add_batch_jitter_offsets`."""
    over_batch = NamedSharding(mesh, BATCH)
    stacks = {
        name: jnp.zeros((len(contents), len(OFFSETS), *values.shape[1:]), values.dtype, device=over_batch)
        for name, values in targets.content.items()
    }
    for index in range(len(OFFSETS)) if stacks else ():
        shifted = shift_images(contents, index, mesh)
        features, _ = measure(network, shifted, objective, mesh, tile, collected=objective.content_layers)
        stacks = _entered(stacks, features, index)
    return targets._replace(content=stacks, guides=jitter_guides(masks, objective))


def with_jitter_guides(targets: Targets, masks: Masks | None, objective: Objective) -> Targets:
    """Prepare the targets for steps with jitter that compute the content's features anew, see `evaluate_in_tiles`."""
    return targets._replace(content={}, guides=jitter_guides(masks, objective))


@program(donate_argnames="stacks")
def _entered(stacks: dict[str, Array], features: dict[str, Array], index: Array | int) -> dict[str, Array]:
    return jax.tree.map(lambda stack, values: stack.at[:, index].set(values), stacks, features)
