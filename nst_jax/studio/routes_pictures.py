"""Routes of pictures: samples, uploads, drawings and masks."""

from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from nst_jax.studio.context import context_of, limited_body
from nst_jax.studio.failures import RequestError
from nst_jax.studio.pictures import KINDS, public_picture
from nst_jax.studio.stored_files import stored_file
from nst_jax.studio.studio import MAX_BODY_BYTES, MAX_PIXELS

TOO_LARGE = f"The file is too large; at most {MAX_BODY_BYTES // 2**20} MB can be uploaded, so make it smaller first."
# The pixels behind an identifier never change.
FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}


async def _list(request: Request) -> Response:
    kind = request.query_params.get("kind") or None
    if kind not in (None, "sample", *KINDS):
        raise RequestError(400, f"The kind must be one of sample, {', '.join(KINDS)}.")
    return JSONResponse({"pictures": [public_picture(each) for each in context_of(request).studio.pictures.all(kind)]})


async def _add(request: Request) -> Response:
    name = unquote(request.headers.get("x-name", ""))
    kind = request.query_params.get("kind", "upload")
    body = limited_body(request, MAX_BODY_BYTES, TOO_LARGE)
    record = await context_of(request).studio.pictures.add(body, name, kind, MAX_PIXELS)
    return JSONResponse(public_picture(record), 201)


async def _one(request: Request) -> Response:
    return JSONResponse(public_picture(context_of(request).studio.pictures.get(request.path_params["id"])))


async def _file(request: Request) -> Response:
    pictures = context_of(request).studio.pictures
    return stored_file(pictures.path(pictures.get(request.path_params["id"])), FOREVER)


async def _small(request: Request) -> Response:
    pictures = context_of(request).studio.pictures
    which = request.url.path.rpartition("/")[2]
    path = await pictures.small(pictures.get(request.path_params["id"]), which)
    return stored_file(path, FOREVER, "image/jpeg")


async def _palette(request: Request) -> Response:
    pictures = context_of(request).studio.pictures
    return JSONResponse({"colors": await pictures.palette(pictures.get(request.path_params["id"]))}, headers=FOREVER)


async def _delete(request: Request) -> Response:
    context = context_of(request)
    record = context.studio.pictures.get(request.path_params["id"])
    if context.jobs.users_of(record["id"]) or context.experiments.users_of(record["id"]):
        raise RequestError(409, "A picture in the queue or an experiment needs this one; delete it afterwards.")
    context.studio.pictures.delete(record)
    return Response(status_code=204)


def routes() -> list[BaseRoute]:
    """Return the routes."""
    return [
        Route("/api/pictures", _list),
        Route("/api/pictures", _add, methods=["POST"]),
        Route("/api/pictures/{id}", _one),
        Route("/api/pictures/{id}", _delete, methods=["DELETE"]),
        Route("/api/pictures/{id}/file", _file),
        Route("/api/pictures/{id}/view", _small),
        Route("/api/pictures/{id}/thumbnail", _small),
        Route("/api/pictures/{id}/palette", _palette),
    ]
