"""The targets of a batch: one pytree, in which what differs between examples has a batch axis, or one for each."""

import functools
from collections.abc import Callable
from typing import Any, cast

import jax
from jaxtyping import Array, Float

from nst_jax.engine.mesh import map_own, target_spec
from nst_jax.networks.vgg import VGG
from nst_jax.objective.examples import map_examples
from nst_jax.objective.objective import Masks, Objective, Targets
from nst_jax.objective.programs import program
from nst_jax.objective.stored_programs import stored_program
from nst_jax.objective.targets import Measurements, add_jitter_offsets, make_targets_of, measure_images
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
        style: (h, w, 3), or (batch, h, w, 3) with `Objective.own_styles`; several styles are a tuple of such arrays.
        recipe: as for `targets.make_targets`.
        masks: the regions, which are the same for all examples; None without regions.
    """
    styles = style if isinstance(style, tuple) else (style,)
    measurements = measure_batch(network, contents, styles, masks, objective=Objective.of(recipe))
    return batch_targets_of(measurements, network, recipe, masks, contents)


def batch_targets_of(
    measurements: Measurements, network: VGG, recipe: Recipe, masks: Masks | None, contents: Images
) -> Targets:
    """Compute the targets as `make_batch_targets` does, from features and statistics that have been measured already.

    Args:
        measurements: those of all contents, with a batch axis, and of the styles, which have one with
            `Objective.own_styles`.
        network: the network with which they were measured.
        recipe: as for `targets.make_targets`.
        masks: as for `make_batch_targets`.
        contents: the contents; only their number and dtype are used.
    """
    objective = Objective.of(recipe)
    make: Callable[..., Targets] = jax.vmap(
        lambda measurements: make_targets_of(measurements, network, recipe, masks, contents.dtype),
        in_axes=(_axes(objective),),
        out_axes=target_spec(objective, 0, None),
        # Without content and style there is no array to tell it.
        axis_size=len(contents),
    )
    return make(measurements)


@stored_program(static=("objective",))
def measure_batch(
    network: VGG, contents: Images, styles: tuple[Array, ...], masks: Masks | None, *, objective: Objective
) -> Measurements:
    """Evaluate the network on all contents and the styles.

    Args:
        network: the network.
        contents: (batch, height, width, 3).
        styles: of each style (h, w, 3), or (batch, h, w, 3) with `Objective.own_styles`.
        masks: as for `make_batch_targets`.
        objective: from the recipe of the targets.
    """
    measured = map_examples(
        lambda content, styles: measure_images(network, content, styles, masks, objective),
        in_axes=(0, 0 if objective.own_styles else None),
        out_axes=_axes(objective),
    )
    return cast(Measurements, measured(contents, styles))


def _axes(objective: Objective) -> Measurements:
    """Return which parts of the measurements have a batch axis, as a pytree prefix of 0 and None."""
    return Measurements(*cast(Any, (0, 0, 0 if objective.own_styles else None, 0)))


def add_batch_jitter_offsets(
    targets: Targets, network: VGG, contents: Images, masks: Masks | None, objective: Objective
) -> Targets:
    """Extend the targets of `make_batch_targets` for steps with jitter; see `targets.add_jitter_offsets`."""
    axes = target_spec(objective, 0, None)
    add: Callable[..., Targets] = jax.vmap(
        lambda targets, content: add_jitter_offsets(targets, network, content, masks, objective),
        in_axes=(axes, 0),
        out_axes=axes,
    )
    return add(targets, contents)


def split_targets(targets: Targets, count: int, objective: Objective) -> list[Targets]:
    """Split targets of `count` examples, with jitter or without, into batches of one; shared parts are not copied."""
    return [map_own(functools.partial(example, index=index), targets, objective) for index in range(count)]


@program(keep_unused=True)
def example(values: Array, index: Array | int, after: Array | None = None) -> Array:
    """Return one example of a batch as a batch of one; `batch_states.example` returns it without a batch axis.

    Args:
        values: an array with a leading batch axis.
        index: which example.
        after: an array to wait for: the program starts only when it has been computed.
    """
    del after  # unused on purpose: with `keep_unused`, a program waits for all of its arguments
    return jax.lax.dynamic_slice_in_dim(values, index, 1)
