"""Weight files as other programs write them."""

from pathlib import Path

import h5py
import numpy as np

from nst_jax.networks.weights import NetworkWeights

TORCHVISION_INDICES = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)


def same(one: NetworkWeights, other: NetworkWeights) -> bool:
    """Return whether two networks are equal in everything but their names."""
    return (one.sha256, one.preprocessing, one.pooling) == (other.sha256, other.preprocessing, other.pooling)


def write_keras(path: Path, convolutions, *, top: bool = False, style: str = "old") -> None:
    """Write a file in the layout of Keras's releases: "old", "new" or "model" (a whole model)."""
    with h5py.File(path, "w") as file:
        root = file.create_group("model_weights") if style == "model" else file
        for name, (kernel, bias) in convolutions.items():
            group = f"block{name[4]}_conv{name[6]}"
            names = {"old": (f"{group}_W_1:0", f"{group}_b_1:0")}.get(style, (f"{group}/kernel:0", f"{group}/bias:0"))
            root.create_group(group)
            for key, array in zip(names, (kernel, bias), strict=True):
                root[group][key] = array
        root.create_group("block1_pool")
        if top:
            root["fc1/fc1/kernel:0"], root["fc1/fc1/bias:0"] = np.zeros((8, 4), "f4"), np.zeros(4, "f4")


def torchvision_state(convolutions) -> dict[str, np.ndarray]:
    """Return the arrays by torchvision's names, with a fully connected layer."""
    state = {"classifier.0.weight": np.zeros((4, 8), np.float32), "classifier.0.bias": np.zeros(4, np.float32)}
    for index, (kernel, bias) in zip(TORCHVISION_INDICES, convolutions.values(), strict=False):
        state[f"features.{index}.weight"], state[f"features.{index}.bias"] = kernel.transpose(3, 2, 0, 1), bias
    return state


def write_tensors(path: Path, state: dict[str, np.ndarray]) -> None:
    """Write a .npz or a .safetensors file."""
    if path.suffix == ".npz":
        np.savez(path, **state)
    else:
        from safetensors.numpy import save_file

        save_file({name: np.ascontiguousarray(array) for name, array in state.items()}, path)
