"""Routes of what a job has made: previews, views, downloads and the gallery."""

import zipfile
from pathlib import Path

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from nst_jax.files import atomic_write
from nst_jax.studio.context import Context, context_of, whole_number
from nst_jax.studio.downloads import attachment, file_stem, format_of
from nst_jax.studio.failures import RequestError, full_disk_as_request_error
from nst_jax.studio.identifiers import new_id
from nst_jax.studio.job_states import DONE
from nst_jax.studio.store import Record
from nst_jax.studio.stored_files import stored_file

MAX_PAGE = 200
MAX_ZIP = 500
_NO_STORE = {"Cache-Control": "no-store"}
NOT_YET = "This picture is shown when the drawing is done."


def _visible_job(request: Request) -> tuple[Context, Record]:
    """Return the job of a request, unless its picture is hidden until a drawing is done."""
    context = context_of(request)
    job = context.jobs.get(request.path_params["id"])
    if request.query_params.get("peek") != "1" and context.jobs.hidden(job):
        raise RequestError(403, NOT_YET)
    return context, job


def _finished(job: Record) -> Record:
    if job["state"] != DONE:
        raise RequestError(404, "This picture is not finished.")
    return job


async def _preview(request: Request) -> Response:
    context, job = _visible_job(request)
    if job["state"] == DONE:
        return stored_file(context.studio.folder.result(job["id"], ".view.jpg"), _NO_STORE)
    data = context.reports.preview(job["id"])
    if data is None:
        raise RequestError(404, "There is nothing to see yet.")
    return Response(data, media_type="image/jpeg", headers=_NO_STORE)


async def _small(request: Request) -> Response:
    context, job = _visible_job(request)
    which = request.url.path.rpartition("/")[2]
    return stored_file(context.studio.folder.result(_finished(job)["id"], f".{which}.jpg"))


async def _result(request: Request) -> Response:
    context, job = _visible_job(request)
    kind = format_of(request.query_params.get("format", "png"))
    name, stem = _finished(job)["id"], file_stem(job)
    path = context.studio.folder.result(name, kind.suffix)
    if not kind.stored and not path.exists():
        await context.studio.files.ask("convert", source=context.studio.folder.result(name), target=path)
    return stored_file(path, attachment(stem + kind.suffix), kind.media_type)


async def _gallery(request: Request) -> Response:
    jobs = context_of(request).jobs
    limit = whole_number(request, "limit", 48, 1, MAX_PAGE)
    before = whole_number(request, "before", None, 0, 10**17)
    found, more = jobs.gallery(limit or 1, before)
    return JSONResponse({"jobs": found, "more": more}, headers=_NO_STORE)


async def _zip(request: Request) -> Response:
    context = context_of(request)
    names = [name for name in request.query_params.get("ids", "").split(",") if name]
    if not 1 <= len(names) <= MAX_ZIP:
        raise RequestError(400, f"Choose pictures to download, at most {MAX_ZIP} at once.")
    jobs = [_finished(context.jobs.get(name)) for name in dict.fromkeys(names)]
    if any(context.jobs.hidden(job) for job in jobs):
        raise RequestError(403, NOT_YET)
    files: dict[str, Path] = {}
    for job in jobs:
        stem, number = file_stem(job), 2
        name = f"{stem}.png"
        while name in files:
            name, number = f"{stem}-{number}.png", number + 1
        files[name] = context.studio.folder.result(job["id"])
    path = context.studio.folder.temporary / f"{new_id()}.zip"
    with full_disk_as_request_error():
        await run_in_threadpool(_write_zip, path, files)
    headers = attachment("nst-jax-pictures.zip") | _NO_STORE
    return FileResponse(path, media_type="application/zip", headers=headers, background=BackgroundTask(path.unlink))


def _write_zip(path: Path, files: dict[str, Path]) -> None:
    with atomic_write(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for name, file in files.items():
            archive.write(file, name)


def routes() -> list[BaseRoute]:
    """Return the routes."""
    return [
        Route("/api/jobs/{id}/preview", _preview),
        Route("/api/jobs/{id}/thumbnail", _small),
        Route("/api/jobs/{id}/view", _small),
        Route("/api/jobs/{id}/result", _result),
        Route("/api/gallery", _gallery),
        Route("/api/gallery.zip", _zip),
    ]
