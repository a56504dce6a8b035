"""The teachers: networks whose activations the student learns to predict.

A teacher is a weight file that `nst-jax-convert` reads (a VGG-19, complete or only its first convolutions), or the
`.npz` file of Collaborative Distillation's quarter-width network (Wang et al. 2020, arXiv:2003.08436). The latter has
heads of its own that predict VGG-19's activations up to relu5_1.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from nst_jax.networks.vgg import VGG
from nst_jax.networks.weights.convert import convert
from nst_jax.recipes.vgg_layers import LAYERS
from nst_jax.training.taps import TAPS, Activations, sampled

Teacher = Callable[[jax.Array], Activations]


def read(path: Path) -> tuple[tuple[str, ...], Teacher]:
    """Read a teacher from a weight file.

    Args:
        path: the weight file.

    Returns:
        The names of the taps (the layers whose activations are matched, see `taps.TAPS`) that the teacher provides, and
        the teacher: a function from crops, (n, side, side, 3) in [0, 1], to {tap: activations at all positions}.

    Raises:
        InputError: if the file is not a network.
    """
    if path.suffix == ".npz" and path.exists() and "conv0.kernel" in np.load(path).files:
        arrays = dict(np.load(path))
        return tuple(tap for tap in TAPS if f"{_head(tap)}.kernel" in arrays), _collaborative_distillation(arrays)
    weights = convert(path)
    taps = tuple(tap for tap in TAPS if tap.replace("relu", "conv") in weights.convolutions)
    network = VGG.of(weights)
    return taps, lambda x: network(x, taps)


def teacher(paths: Sequence[Path]) -> Teacher:
    """Combine all teachers into one jitted function.

    A tap is a layer whose activations are matched (see `taps.TAPS`). If several teachers provide the same tap, the
    activations of the first of them in the order of `paths` are used.

    Args:
        paths: the weight files.

    Returns:
        A function from crops, (n, side, side, 3) in [0, 1], to the activations at each tap, {tap: (n, height, width,
        channels)}, at every `Tap.spacing`-th position along each axis (see `taps.sampled`). They are in bfloat16, which
        halves the memory of the recent batches that the training loop keeps to use again.

    Raises:
        InputError: if a file is not a network.
    """
    teacher_of: dict[str, Teacher] = {}
    for path in paths:
        taps, teach = read(path)
        teacher_of = dict.fromkeys(taps, teach) | teacher_of

    def answers(x: jax.Array) -> Activations:
        # Each teacher is evaluated once; jit removes the computation of activations that are not used.
        outputs = {id(teach): teach(x) for teach in teacher_of.values()}
        used = {tap: outputs[id(teacher_of[tap])][tap] for tap in TAPS if tap in teacher_of}
        return {tap: values.astype(jnp.bfloat16) for tap, values in sampled(used).items()}

    return jax.jit(answers)


def _head(tap: str) -> str:
    return f"{tap.replace('relu', 'conv')}_aux"


def _collaborative_distillation(arrays: dict[str, np.ndarray]) -> Teacher:
    """Build Collaborative Distillation's network: reflection padding, max pooling, and heads named `convN_M_aux`.

    Its first layer, `conv0`, is a 1x1 convolution that converts RGB in [0, 1] to the input convention of VGG.

    Args:
        arrays: kernels and biases by name, as in the `.npz` file.
    """

    def convolve(x: jax.Array, name: str) -> jax.Array:
        kernel = jnp.asarray(arrays[f"{name}.kernel"])
        border = kernel.shape[0] // 2
        x = jnp.pad(x, ((0, 0), (border, border), (border, border), (0, 0)), mode="reflect") if border else x
        y = jax.lax.conv_general_dilated(x, kernel, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        return y + arrays[f"{name}.bias"].reshape(1, 1, 1, -1)

    def teach(x: jax.Array) -> Activations:
        activations = {}
        x = convolve(x, "conv0")
        for name in LAYERS[: LAYERS.index("relu5_1") + 1]:
            if name.startswith("conv"):
                x = convolve(x, name)
            elif name.startswith("pool"):
                x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
            else:
                x = jax.nn.relu(x)
                if f"{_head(name)}.kernel" in arrays:
                    activations[name] = jax.nn.relu(convolve(x, _head(name)))
        return activations

    return teach
