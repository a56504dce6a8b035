"""Routes of the state, of the options, and of the events that keep a page up to date."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

import nst_jax
from nst_jax.studio.context import context_of
from nst_jax.studio.settings import describe_options
from nst_jax.studio.studio import MAX_BODY_BYTES, MAX_PIXELS, MAX_QUEUE


async def _state(request: Request) -> Response:
    context = context_of(request)
    return JSONResponse(
        {
            "version": nst_jax.__version__,
            # Taken before the jobs, so that a page which follows from here on misses nothing.
            "sequence": context.studio.events.sequence,
            "painter": context.scheduler.state,
            "painter_error": context.scheduler.error,
            "jobs": context.jobs.present(),
            "limits": {"body_bytes": MAX_BODY_BYTES, "pixels": MAX_PIXELS, "queue": MAX_QUEUE},
        }
    )


async def _options(request: Request) -> Response:
    return JSONResponse(describe_options(context_of(request).studio.network))


async def _events(request: Request) -> Response:
    # A browser sends the header when it connects again; the query is for the first time.
    text = request.headers.get("last-event-id") or request.query_params.get("after") or ""
    last = int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None
    return StreamingResponse(
        context_of(request).studio.events.follow(last),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def routes() -> list[BaseRoute]:
    """Return the routes."""
    return [
        Route("/api/state", _state),
        Route("/api/options", _options),
        Route("/api/events", _events),
    ]
