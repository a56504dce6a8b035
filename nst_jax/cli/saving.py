"""Saving of results: a finished picture is never lost, whatever fails."""

import os
import tempfile
from pathlib import Path

from nst_jax.cli.console import binary_stdout
from nst_jax.cli.file_options import FileSettings
from nst_jax.cli.inputs import STANDARD_STREAM
from nst_jax.engine.result import Result
from nst_jax.errors import InputError, describe_exception


def save_result(result: Result, path: Path, files: FileSettings) -> None:
    """Write a result to its file, or to standard output for "-"; if that fails, keep it in another place.

    Args:
        result: the result.
        path: the file, whose missing folders are created, or "-".
        files: the settings of the output: bit depth, resolution and, for standard output, the format.

    Raises:
        InputError: when the result could not be written to `path`; the message says where it is kept.
    """
    try:
        if path == STANDARD_STREAM:
            _write_to_stdout(result.encode(f".{files.format}", bit_depth=files.bit_depth, dpi=files.dpi))
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            result.save(path, bit_depth=files.bit_depth, dpi=files.dpi)
    except Exception as error:
        reason = describe_exception(error)
        if not isinstance(error, InputError):
            reason = f"{path} could not be written ({reason})."
        kept = _keep_elsewhere(result, files)
        raise InputError(f"{reason} The picture is kept in {kept}." if kept else reason) from error


def _write_to_stdout(data: bytes) -> None:
    stream = binary_stdout()
    stream.write(data)
    stream.flush()


def _keep_elsewhere(result: Result, files: FileSettings) -> Path | None:
    """Write a result as a PNG file into a new folder for temporary files, or into the home or current folder.

    Returns:
        The file; None if none of the places can be written to.
    """
    for place in (tempfile.gettempdir, Path.home, Path.cwd):
        try:
            path = Path(tempfile.mkdtemp(prefix="nst-jax-", dir=place())) / "picture.png"
        except (OSError, RuntimeError):
            continue
        try:
            result.save(path, bit_depth=files.bit_depth, dpi=files.dpi)
            return path
        except Exception:
            # Another place may still have room.
            os.rmdir(path.parent)
    return None
