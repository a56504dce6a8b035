"""The largest batch that fits into the memory of the devices, estimated by the compiler's memory analysis."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import Mesh

from nst_jax.devices import has_accelerator, memory_bytes
from nst_jax.engine import batch_states, batch_targets, batched
from nst_jax.engine.mesh import make_mesh
from nst_jax.engine.preprocess import working_size
from nst_jax.errors import InputError
from nst_jax.networks.vgg import VGG, build_network
from nst_jax.networks.weights import NetworkWeights
from nst_jax.networks.weights.of_recipe import AnyWeights
from nst_jax.objective.objective import Objective, Targets
from nst_jax.optimizers.base import Optimizer
from nst_jax.optimizers.build import build_optimizer
from nst_jax.recipes.memory import memory_limit
from nst_jax.recipes.phases import phases
from nst_jax.recipes.pyramid import Scale
from nst_jax.recipes.recipe import Recipe

# The usable fraction of the memory; the rest is for the programs themselves, images that are read or written
# meanwhile, and other processes.
USABLE_ON_DEVICES, USABLE_ON_CPU = 0.85, 0.4
# The most examples for each device: larger batches are no faster, and their results come later.
MOST_ON_DEVICES, MOST_ON_CPU = 256, 4
# Memory of a fast network for each pixel, in bytes: 24 maps of 16 channels at the full resolution, of 4 bytes.
FAST_BYTES_PER_PIXEL = 24 * 16 * 4


def max_batch_size(weights: AnyWeights, size: Scale, recipe: Recipe) -> int:
    """Estimate the largest batch of images of one size: a power of two for each local device, at least 1.

    The usable memory is divided by `bytes_per_image`, which is measured on a batch of one. A larger batch may take more
    than that for each image, because the compiler may lay out its memory differently, so running out of memory is still
    possible. On a CPU, fast networks stylize one image after the other: a batch would take as long.

    Args:
        weights: the network's parameters.
        size: the size of the images, from `buckets.bucket`.
        recipe: the settings.

    Returns:
        The number of images for all local devices together.
    """
    usable, most = (USABLE_ON_DEVICES, MOST_ON_DEVICES) if has_accelerator() else (USABLE_ON_CPU, MOST_ON_CPU)
    if recipe.fast:
        most, needed = most if has_accelerator() else 1, FAST_BYTES_PER_PIXEL * size.pixels
    else:
        assert isinstance(weights, NetworkWeights)
        if recipe.size == 0:
            size = Scale(*working_size(size, recipe))
        needed = bytes_per_image(build_network(weights, recipe), size, recipe)
    limit = memory_limit(recipe.max_memory)
    available = usable * memory_bytes()
    fitting = int((available if limit is None else min(available, limit)) // needed)
    count = min(max(fitting, 1), most)
    return len(jax.local_devices()) * 2 ** (count.bit_length() - 1)


def bytes_per_image(network: VGG, size: Scale, recipe: Recipe) -> int:
    """Estimate the memory that one more image of a batch takes: activations, targets and the optimizer state.

    Compiles the evaluation of a batch of one to get the compiler's memory analysis.

    Args:
        network: the network.
        size: the size of the image.
        recipe: the settings.

    Raises:
        InputError: when the device's compiler has no memory analysis.
    """
    mesh = make_mesh(1)
    parts = phases(recipe, recipe.main_steps, is_last_scale=True)
    objective = dataclasses.replace(Objective.of(recipe), jitter=any(phase.jitter for phase in parts))
    image = jnp.zeros((1, *size, 3))
    style = image if objective.own_styles else image[0]

    def make_targets(network: VGG, image: jax.Array, style: jax.Array) -> Targets:
        targets = batch_targets.make_batch_targets(network, image, style, recipe)
        if not objective.jitter:
            return targets
        return batch_targets.add_batch_jitter_offsets(targets, network, image, None, objective)

    targets = jax.eval_shape(make_targets, network, image, style)
    own = (targets.content, targets.style) if objective.own_styles else targets.content
    states = [_state_bytes(image, build_optimizer(recipe, phase), mesh) for phase in parts]
    compiled = batched.evaluate_batch.lower(image, network, targets, objective=objective, mesh=mesh).compile()
    analysis = compiled.memory_analysis()
    if analysis is None:
        raise InputError("This device does not tell how much memory a program takes; give --batch-size.")
    return int(analysis.temp_size_in_bytes + analysis.output_size_in_bytes) + max(states) + _bytes(own)


def _state_bytes(image: jax.Array, optimizer: Optimizer, mesh: Mesh) -> int:
    return _bytes(jax.eval_shape(lambda image: batch_states.initial_states(image, optimizer, mesh), image))


def _bytes(tree: Any) -> int:
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree))
