"""Routes of the pages and of what belongs to them."""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

STATIC = Path(__file__).resolve().parent / "static"
PAGES = {"/": "index", "/gallery": "gallery", "/experiment": "experiment", "/about": "about"}


async def _page(request: Request) -> Response:
    return FileResponse(STATIC / f"{PAGES[request.url.path]}.html", media_type="text/html; charset=utf-8")


async def _icon(_: Request) -> Response:
    path = STATIC / "icon.svg"
    return FileResponse(path, media_type="image/svg+xml") if path.exists() else Response(status_code=204)


def routes() -> list[BaseRoute]:
    """Return the routes."""
    return [
        *(Route(path, _page) for path in PAGES),
        Route("/favicon.ico", _icon),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
