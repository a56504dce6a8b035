"""Downloads: names of files that any browser and system takes, and the formats of results."""

import re
from typing import NamedTuple
from urllib.parse import quote

from nst_jax.studio.failures import RequestError
from nst_jax.studio.store import Record

# What Windows forbids in names; other systems forbid less.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
MAX_STEM = 100


class Format(NamedTuple):
    """A file format of results.

    Attributes:
        suffix: of the file's name.
        media_type: for browsers.
        stored: whether results are kept in this format, so that nothing has to be converted.
    """

    suffix: str
    media_type: str
    stored: bool


FORMATS = {
    "png": Format(".png", "image/png", True),
    "tiff": Format(".tif", "image/tiff", True),
    "jpeg": Format(".jpg", "image/jpeg", False),
    "webp": Format(".webp", "image/webp", False),
}


def format_of(name: str) -> Format:
    """Return a format by name.

    Raises:
        RequestError: when there is none.
    """
    if name not in FORMATS:
        raise RequestError(400, f"The format must be one of {', '.join(FORMATS)}.")
    return FORMATS[name]


def file_stem(job: Record) -> str:
    """Return the name of a result without its suffix, such as "chelsea_night-swirls", that every system takes."""
    stem = _FORBIDDEN.sub("-", job["stem"])[:MAX_STEM].strip(" .")
    return stem or "picture"


def attachment(name: str) -> dict[str, str]:
    """Return the header by which a browser saves an answer under a name (RFC 6266, with RFC 5987 for the letters)."""
    plain = name.encode("ascii", "ignore").decode().replace("\\", "").replace('"', "")
    return {"Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"}
