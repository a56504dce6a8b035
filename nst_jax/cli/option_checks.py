"""Checks of options that do not work for several results; without jax."""

from pathlib import Path

from nst_jax.cli.arguments import Command
from nst_jax.cli.file_options import RegionSettings
from nst_jax.errors import InputError
from nst_jax.images.writing import check_bit_depth


def check_several_options(command: Command) -> None:
    """Check that no option is given that works for one result only.

    Raises:
        InputError: for the first one.
    """
    for name in ("save_every", "report", "checkpoint"):
        if getattr(command.files, name):
            raise InputError(f"--{name.replace('_', '-')} works for one picture; leave it out.")
    if command.regions != RegionSettings():
        raise InputError("Masks work for one picture; leave --content-mask and --style-mask out.")
    check_bit_depth(Path(f"picture.{command.files.format}"), command.files.bit_depth)
