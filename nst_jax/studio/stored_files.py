"""Responses that send a file of the data folder, which another request may have deleted before they begin."""

from collections.abc import Mapping
from pathlib import Path

from starlette.responses import FileResponse

from nst_jax.studio.failures import RequestError


def stored_file(path: Path, headers: Mapping[str, str] | None = None, media_type: str | None = None) -> FileResponse:
    """Return a response that sends a file.

    Args:
        path: the file.
        headers: more headers of the response.
        media_type: its Content-Type; None takes the one of the file's suffix.

    Raises:
        RequestError: status 404, when the file has been deleted.
    """
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise RequestError(404, "This picture has been deleted.") from error
    return FileResponse(path, headers=headers, media_type=media_type, stat_result=status)
