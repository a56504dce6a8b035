"""What the routes share: the parts of the studio by request, and the reading of bodies and numbers."""

import dataclasses
import json
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request

from nst_jax.studio.experiments import Experiments
from nst_jax.studio.failures import RequestError
from nst_jax.studio.jobs import Jobs
from nst_jax.studio.reports import Reports
from nst_jax.studio.scheduler import Scheduler
from nst_jax.studio.studio import Studio

MAX_JSON_BYTES = 2**20


@dataclasses.dataclass(frozen=True)
class Context:
    """All parts of a running studio."""

    studio: Studio
    jobs: Jobs
    reports: Reports
    scheduler: Scheduler
    experiments: Experiments


def context_of(request: Request) -> Context:
    """Return the parts of the studio that a request is for."""
    context: Context = request.app.state.context
    return context


async def limited_body(request: Request, limit: int, message: str) -> AsyncIterator[bytes]:
    """Yield the body of a request as it arrives.

    Args:
        request: the request.
        limit: the most bytes to take.
        message: what to say of a longer body.

    Raises:
        RequestError: when the body is longer, or is said to be; with the status 413.
    """
    # Starlette's own limit answers in plain text, which is not what pages expect of an error.
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdecimal() and (len(length) > 18 or int(length) > limit):
        raise RequestError(413, message)
    total = 0
    async for chunk in request.stream():
        total += len(chunk)
        if total > limit:
            raise RequestError(413, message)
        yield chunk


async def json_body(request: Request) -> Any:
    """Return the parsed body of a request.

    Raises:
        RequestError: when it is no JSON, or longer than any that is needed.
    """
    body = b"".join([chunk async for chunk in limited_body(request, MAX_JSON_BYTES, "The request is too long.")])
    try:
        return json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise RequestError(400, "The request is no valid JSON.") from None


def whole_number(request: Request, name: str, default: int | None, least: int, most: int) -> int | None:
    """Return a number of the query.

    Raises:
        RequestError: when it is no number, or out of bounds.
    """
    text = request.query_params.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdecimal() or len(text) > 18 or not least <= int(text) <= most:
        raise RequestError(400, f"The {name} must be a whole number from {least} to {most}.")
    return int(text)
