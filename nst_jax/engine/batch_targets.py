"""The targets of the examples of a batch, in one pytree with a batch axis, or one for each example."""

from collections.abc import Callable
from typing import Any, cast

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nst_jax.engine.mesh import target_spec
from nst_jax.networks.vgg import VGG
from nst_jax.objective.objective import Masks, Objective, Targets
from nst_jax.objective.programs import program
from nst_jax.objective.targets import add_jitter_offsets, make_targets
from nst_jax.recipes.recipe import Recipe

Images = Float[Array, "batch height width 3"]
Styles = Float[Array, "... _ _ 3"] | tuple[Float[Array, "... _ _ 3"], ...]


def make_batch_targets(
    network: VGG, contents: Images, style: Styles, recipe: Recipe, masks: Masks | None = None
) -> Targets:
    """Compute the targets of all contents and of the style; see `targets.make_targets`.

    Args:
        network: the network.
        contents: (batch, height, width, 3).
        style: (h, w, 3), or (batch, h, w, 3) with `Objective.own_styles`; or a tuple of several styles.
        recipe: as for `targets.make_targets`.
        masks: the regions, which are the same for all examples; None without regions.
    """
    objective = Objective.of(recipe)
    make: Callable[..., Targets] = jax.vmap(
        lambda content, style: make_targets(network, content, style, recipe, masks),
        in_axes=(0, 0 if objective.own_styles else None),
        out_axes=target_spec(objective, 0, None),
    )
    return make(contents, style)


def add_batch_jitter_offsets(
    targets: Targets, network: VGG, contents: Images, masks: Masks | None, objective: Objective
) -> Targets:
    """Extend the targets of `make_batch_targets` for steps with jitter; see `targets.add_jitter_offsets`."""
    axes, second = target_spec(objective, 0, None), cast(Any, 1)
    add: Callable[..., Targets] = jax.vmap(
        lambda targets, content: add_jitter_offsets(targets, network, content, masks, objective),
        in_axes=(axes, 0),
        # The axis of the offsets comes first; vmap itself would exchange them by a program that is never forgotten.
        out_axes=axes._replace(content=second),
    )
    extended = add(targets, contents)
    return extended._replace(content=_exchanged(extended.content))


@program()
def _exchanged(arrays: dict[str, Array]) -> dict[str, Array]:
    return jax.tree.map(lambda array: jnp.swapaxes(array, 0, 1), arrays)


def split_targets(targets: Targets, count: int, objective: Objective) -> list[Targets]:
    """Return the targets of each of `count` examples, from `make_batch_targets`, as batches of one."""

    def of(index: int) -> Targets:
        return jax.tree.map(lambda own, tree: example(tree, index) if own else tree, spec, targets)

    spec = target_spec(objective, True, False)
    return [of(index) for index in range(count)]


@program(keep_unused=True)
def example(tree: Any, index: Array | int, after: Any = None) -> Any:
    """Return one example of a batch as a batch of one.

    Args:
        tree: a pytree of arrays with a leading batch axis.
        index: which example.
        after: arrays that are computed before this begins.
    """
    del after  # the program waits for all of its arguments
    return jax.tree.map(lambda values: jax.lax.dynamic_slice_in_dim(values, index, 1), tree)
