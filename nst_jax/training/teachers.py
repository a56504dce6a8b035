"""Networks to learn from.

A teacher is a weight file that `nst-jax-convert` reads (a VGG-19, whole or only its first convolutions), or
the `.npz` of Collaborative Distillation's quarter-width network (Wang et al. 2020, arXiv:2003.08436), which brings
heads of its own that predict VGG-19's activations down to relu5_1.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from nst_jax.networks.vgg import VGG19
from nst_jax.networks.weights.convert import convert
from nst_jax.recipes.vgg_layers import LAYERS
from nst_jax.training.taps import TAPS, Activations, sampled

Teacher = Callable[[jax.Array], Activations]


def read(path: Path) -> tuple[tuple[str, ...], Teacher]:
    """The taps that a file teaches, and the network: (n, side, side, 3) in [0, 1] to {tap: activations}.

    Raises:
        InputError: when the file is no network.
    """
    if path.suffix == ".npz" and path.exists() and "conv0.kernel" in np.load(path).files:
        arrays = dict(np.load(path))
        return tuple(tap for tap in TAPS if f"{_head(tap)}.kernel" in arrays), _collaborative_distillation(arrays)
    weights = convert(path)
    taps = tuple(tap for tap in TAPS if tap.replace("relu", "conv") in weights.convolutions)
    network = VGG19(weights)
    return taps, lambda x: network(x, taps)


def teacher(paths: Sequence[Path]) -> Teacher:
    """All teachers as one jitted function: (n, side, side, 3) in [0, 1] to the sampled activations of each tap.

    Where several teach the same tap, the first does. The answers are bfloat16, which halves what is kept of them.

    Raises:
        InputError: when a file is no network.
    """
    found: dict[str, Teacher] = {}
    for path in paths:
        taps, teach = read(path)
        found = dict.fromkeys(taps, teach) | found

    def answers(x: jax.Array) -> Activations:
        # Each teacher is asked once; jit drops what it says beyond its taps.
        told = {id(teach): teach(x) for teach in found.values()}
        chosen = {tap: told[id(found[tap])][tap] for tap in TAPS if tap in found}
        return {tap: values.astype(jnp.bfloat16) for tap, values in sampled(chosen).items()}

    return jax.jit(answers)


def _head(tap: str) -> str:
    return f"{tap.replace('relu', 'conv')}_aux"


def _collaborative_distillation(arrays: dict[str, np.ndarray]) -> Teacher:
    """Reflected borders and max pooling; `conv0` takes RGB in [0, 1] to what VGG wants."""

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
