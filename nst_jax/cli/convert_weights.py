"""Conversion of VGG-19 weights from torchvision, safetensors, NumPy or Keras to the HDF5 file that --network takes."""

from pathlib import Path
from typing import Annotated

import tyro

from nst_jax.errors import InputError
from nst_jax.networks.weights import Preprocessing, hdf5
from nst_jax.networks.weights.convert import convert


def convert_weights(
    source: Annotated[Path, tyro.conf.Positional],
    target: Annotated[Path, tyro.conf.Positional],
    preprocessing: Preprocessing | None = None,
) -> None:
    """Convert the weights of a VGG-19 to the HDF5 file that --network takes.

    Args:
        source: the weights: a .pth, .safetensors, .npz or Keras .h5 file, with or without the fully connected layers.
        target: the HDF5 file to write. If it is weights/vgg19.h5, --network vgg19 finds it.
        preprocessing: how the network expects its input (color order, mean, range); needed only if the file does not
            tell.
    """
    if target.suffix != ".h5":
        raise InputError(f"{target} must end in .h5.")
    network = convert(source, preprocessing)
    try:
        hdf5.write(target, network)
    except OSError as error:
        raise InputError(f"{target} cannot be written: {error.strerror or error}; choose another place.") from error
    print(
        f"{target}: {network.name}, {len(network.convolutions)} convolutions, input convention {network.preprocessing}"
    )


def main() -> None:
    """Convert what the words of the command line name; `nst_jax.cli.main.convert` is the command."""
    tyro.cli(convert_weights, prog="nst-jax-convert")
