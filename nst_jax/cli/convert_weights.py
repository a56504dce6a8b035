"""Conversion of the weights of other programs to the HDF5 files that --network takes: a VGG-19 or magenta's network."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import tyro

from nst_jax.errors import InputError
from nst_jax.networks.weights import Preprocessing, hdf5
from nst_jax.networks.weights.convert import convert
from nst_jax.networks.weights.magenta import hdf5 as magenta_hdf5
from nst_jax.networks.weights.magenta.convert import convert_magenta, is_magenta


def convert_weights(
    files: Annotated[tuple[Path, ...], tyro.conf.Positional],
    preprocessing: Preprocessing | None = None,
) -> None:
    """Convert the weights of a VGG-19 or of magenta's network to the HDF5 file that --network takes.

    Args:
        files: the weights, then the HDF5 file to write. A VGG-19 is a .pth, .safetensors, .npz or Keras .h5 file, with
            or without the fully connected layers; if the HDF5 file is weights/vgg19.h5, --network vgg19 finds it.
            Magenta's network is a TensorFlow checkpoint, a .npz of its tensors, or two .tflite files (predictor and
            transformer); --network magenta:FILE takes the result.
        preprocessing: how a VGG-19 expects its input (color order, mean, range); needed only if the file does not tell.
    """
    if len(files) < 2:
        raise InputError("Give the weights and the HDF5 file to write, such as nst-jax-convert vgg19.pth vgg19.h5.")
    *sources, target = files
    if target.suffix != ".h5":
        raise InputError(f"{target} must end in .h5.")
    if is_magenta(sources):
        print(_convert_magenta(sources, target, preprocessing))
    else:
        print(_convert_vgg19(sources[0], target, preprocessing))


def _convert_vgg19(source: Path, target: Path, preprocessing: Preprocessing | None) -> str:
    network = convert(source, preprocessing)
    with _writing(target):
        hdf5.write(target, network)
    return (
        f"{target}: {network.name}, {len(network.convolutions)} convolutions, input convention {network.preprocessing}"
    )


def _convert_magenta(sources: list[Path], target: Path, preprocessing: Preprocessing | None) -> str:
    if preprocessing is not None:
        raise InputError("Magenta's network takes pixels as they are; leave out --preprocessing.")
    network = convert_magenta(sources)
    with _writing(target):
        magenta_hdf5.write(target, network)
    return f"{target}: {network.name}, predictor {network.predictor}, transformer of width {network.width:g}"


@contextlib.contextmanager
def _writing(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(f"{target} cannot be written: {error.strerror or error}; choose another place.") from error


def main() -> None:
    """Convert what the words of the command line name; `nst_jax.cli.main.convert` is the command."""
    tyro.cli(convert_weights, prog="nst-jax-convert")
