"""Says what a file is that is not what was asked for."""

from pathlib import Path

from nst_jax.errors import InputError

_SIGNATURES = (
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"PK\x03\x04", "a zip archive (a PyTorch or numpy file)"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"%PDF", "a PDF document"),
    (b"version https://git-lfs", "a Git LFS pointer, not the file itself"),
    (b"<", "a web page or XML text"),
    (b"\x80", "a Python pickle (an old PyTorch file)"),
)


def require_file(path: Path, signature: bytes, expected: str) -> None:
    """Checks that `path` can be read and begins with `signature`.

    Raises:
        InputError: otherwise, saying what is there instead.
    """
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except FileNotFoundError as error:
        raise InputError(f"There is no weight file {path}; check the path.") from error
    except IsADirectoryError as error:
        raise InputError(f"{path} is a folder; give the weight file in it.") from error
    except OSError as error:
        raise InputError(f"The weight file {path} cannot be read: {error.strerror}.") from error
    if not head:
        raise InputError(f"The weight file {path} is empty; get it again.")
    if not head.startswith(signature):
        kind = next((name for start, name in _SIGNATURES if head.startswith(start)), "some other file")
        raise InputError(
            f"{path} is not {expected} but {kind}; scripts/convert_weights.py converts PyTorch, safetensors and numpy "
            "weights."
        )
