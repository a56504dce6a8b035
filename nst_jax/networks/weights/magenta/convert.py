"""Conversion of magenta's network from TensorFlow checkpoints, NumPy archives of their tensors, and TensorFlow Lite."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from nst_jax.errors import InputError
from nst_jax.networks.weights.convert import load_or_raise, read_tensors
from nst_jax.networks.weights.magenta.checkpoint import MARK, from_tensors
from nst_jax.networks.weights.magenta.parameters import MagentaWeights
from nst_jax.networks.weights.magenta.tflite import from_tflite

# Checkpoints of a training also hold the optimizer's tensors, three times as many, and a VGG-16.
_OURS = ("transformer/", "style_params/", "InceptionV3/", "MobilenetV2/", "mobilenet_conv/", "Conv/")


def is_magenta(sources: Sequence[Path]) -> bool:
    """Return whether files are magenta's rather than those of a VGG-19, by their kind and their tensors' names."""
    source = sources[0]
    if source.suffix == ".npz":
        return _has_mark(source)
    return len(sources) > 1 or source.suffix == ".tflite" or source.is_dir() or _prefix(source) is not None


def convert_magenta(sources: Sequence[Path]) -> MagentaWeights:
    """Read magenta's network.

    Args:
        sources: a TensorFlow checkpoint (its prefix such as `model.ckpt`, one of its files, or its folder), a `.npz` of
            its tensors by their names, or the two `.tflite` files of predictor and transformer.

    Raises:
        InputError: if a file cannot be read, or is not magenta's network.
    """
    if any(source.suffix == ".tflite" for source in sources):
        if len(sources) != 2:
            raise InputError("Magenta's network is two .tflite files; give both, the predictor and the transformer.")
        return from_tflite(sources[0], sources[1])
    if len(sources) != 1:
        names = ", ".join(str(source) for source in sources)
        raise InputError(f"Only a pair of .tflite files is converted into one file; give one of {names}.")
    source = sources[0]
    if source.suffix == ".npz":
        tensors = {name.removesuffix(":0"): array for name, array in read_tensors(source).items()}
        return from_tensors(tensors, str(source), f"magenta ({source.stem})")
    prefix = _folder_prefix(source) if source.is_dir() else _prefix(source)
    if prefix is None:
        raise InputError(f"There is no checkpoint in {source} (no file that ends in .index); check the path.")
    return from_tensors(_read_checkpoint(prefix), str(prefix), f"magenta ({prefix.stem})")


def _has_mark(path: Path) -> bool:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return any(name in archive.files for name in (MARK, f"{MARK}:0"))
    except Exception:  # whatever is wrong with it is reported when it is read
        return False


def _prefix(path: Path) -> Path | None:
    """Return the prefix of the checkpoint that a path names, or None if there is no such checkpoint."""
    prefix = path.with_name(re.sub(r"\.(index|meta|data-\d+-of-\d+)$", "", path.name))
    return prefix if prefix.with_name(f"{prefix.name}.index").is_file() else None


def _folder_prefix(folder: Path) -> Path | None:
    indices = sorted(folder.glob("*.index"))
    if len(indices) > 1:
        raise InputError(
            f"{folder} holds several checkpoints; give one of them, such as {indices[-1].with_suffix('')}."
        )
    return _prefix(indices[0]) if indices else None


def _read_checkpoint(prefix: Path) -> Mapping[str, np.ndarray]:
    try:
        import tensorflow
    except ImportError as error:
        raise InputError(
            f"Reading the checkpoint {prefix} needs TensorFlow, which is not installed; install tensorflow, or convert "
            "a .npz of its tensors."
        ) from error

    def load() -> dict[str, np.ndarray]:
        reader = tensorflow.train.load_checkpoint(str(prefix))
        names = [name for name in reader.get_variable_to_shape_map() if name.startswith(_OURS)]
        return {name: np.asarray(reader.get_tensor(name)) for name in names}

    return load_or_raise(prefix, load)
