"""Where the files that come with the program lie, in a checkout as in an installed wheel."""

from pathlib import Path

from nst_jax.errors import InputError


def folder(name: str) -> Path:
    """The folder `weights` or `examples`.

    Raises:
        InputError: when it is missing, as in an incomplete installation.
    """
    package = Path(__file__).resolve().parent
    # The wheel carries these folders inside the package, a checkout beside it.
    for candidate in (package / "_bundled" / name, package.parent / name):
        if candidate.is_dir():
            return candidate
    raise InputError(f"The folder '{name}' that belongs to the program is missing; install nst-jax again.")
