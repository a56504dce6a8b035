"""Turns a VGG-19 of torchvision, safetensors, numpy or Keras into the HDF5 file that --network takes."""

from pathlib import Path
from typing import Annotated

import tyro

from nst_jax.errors import InputError, exit_on_input_error
from nst_jax.networks.weights import Preprocessing, hdf5
from nst_jax.networks.weights.convert import convert


def convert_weights(
    source: Annotated[Path, tyro.conf.Positional],
    target: Annotated[Path, tyro.conf.Positional],
    preprocessing: Preprocessing | None = None,
) -> None:
    """Converts a weight file.

    Args:
        source: a .pth, .safetensors, .npz or Keras .h5 file, with or without the fully connected top.
        target: the HDF5 file to write; as weights/vgg19.h5 the pretrained network is found by name.
        preprocessing: the input convention, where the file does not tell it.
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
    """Runs the command `nst-jax-convert`."""
    with exit_on_input_error():
        tyro.cli(convert_weights)


if __name__ == "__main__":
    main()
