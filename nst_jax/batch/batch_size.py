"""How many pictures fit into the device's memory at once, by what the compiler says of the program."""

import functools

import jax
import jax.numpy as jnp

from nst_jax.devices import has_accelerator, memory_bytes
from nst_jax.engine import batched
from nst_jax.errors import InputError
from nst_jax.networks.vgg import VGG19
from nst_jax.objective.objective import Objective
from nst_jax.optimizers.build import build_optimizer
from nst_jax.recipes.pyramid import Scale
from nst_jax.recipes.recipe import Recipe

# The rest is for the programs themselves, for pictures on their way, and for what else runs on the machine.
USABLE_ON_DEVICES, USABLE_ON_CPU = 0.85, 0.4
# More lanes than these gain nothing, and their results come later.
MOST_ON_DEVICES, MOST_ON_CPU = 256, 4


def max_batch_size(network: VGG19, size: Scale, recipe: Recipe) -> int:
    """The largest power of two of pictures of this size to be painted at once on all local devices, at least one each.

    The evaluation of one lane is compiled, and the compiler's account of its memory taken for each; the optimizer's
    memory is added. Programs for more lanes may be planned otherwise, so running out of memory is still possible.
    """
    part, most = (USABLE_ON_DEVICES, MOST_ON_DEVICES) if has_accelerator() else (USABLE_ON_CPU, MOST_ON_CPU)
    fitting = int(part * memory_bytes() // bytes_per_image(network, size, recipe))
    count = min(max(fitting, 1), most)
    return len(jax.local_devices()) * 2 ** (count.bit_length() - 1)


def bytes_per_image(network: VGG19, size: Scale, recipe: Recipe) -> int:
    """What painting one more picture of this size takes: activations, targets and the optimizer's memory.

    Raises:
        InputError: when the device does not tell.
    """
    mesh = batched.make_mesh(1)
    picture = jnp.zeros((1, *size, 3))
    style = picture if Objective.of(recipe).own_styles else picture[0]
    targets = jax.eval_shape(functools.partial(batched.make_batch_targets, recipe=recipe), network, picture, style)
    own = (targets.content, targets.style) if Objective.of(recipe).own_styles else targets.content
    state = jax.eval_shape(lambda picture: batched.initial_states(picture, build_optimizer(recipe), mesh), picture)
    compiled = batched.evaluate_batch.lower(picture, network, targets, Objective.of(recipe), mesh).compile()
    analysis = compiled.memory_analysis()
    if analysis is None:
        raise InputError("This device does not tell how much memory a program takes; give --batch-size.")
    held = sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves((state, own)))
    return int(analysis.temp_size_in_bytes + analysis.output_size_in_bytes) + held
