"""The application: all parts of the studio put together, behind the guard."""

import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from nst_jax.errors import InputError
from nst_jax.studio import (
    routes_experiments,
    routes_jobs,
    routes_pages,
    routes_pictures,
    routes_results,
    routes_state,
)
from nst_jax.studio.child import Target
from nst_jax.studio.context import Context
from nst_jax.studio.events import Events
from nst_jax.studio.experiments import Experiments
from nst_jax.studio.failures import RequestError
from nst_jax.studio.folder import DataFolder
from nst_jax.studio.guard import LOOPBACK, SECURITY_HEADERS, Guard
from nst_jax.studio.jobs import Jobs
from nst_jax.studio.painter import main as paint_all
from nst_jax.studio.painter_messages import PainterOptions
from nst_jax.studio.picture_files import PictureFiles
from nst_jax.studio.pictures import Pictures
from nst_jax.studio.reports import Reports
from nst_jax.studio.scheduler import Scheduler
from nst_jax.studio.store import Store
from nst_jax.studio.studio import Studio

_log = logging.getLogger(__name__)
_SENTENCES = {
    404: "There is nothing at this address.",
    405: "This address does not take such a request.",
}


def make_app(
    folder: Path,
    *,
    token: str | None = None,
    hosts: Sequence[str] = LOOPBACK,
    painter: Target = paint_all,
    network: str = "auto",
    device: str = "",
) -> Starlette:
    """Return the application; its processes start and end with its lifespan.

    Args:
        folder: where all data are kept.
        token: the secret word that the URL must have; None asks for none.
        hosts: the names and addresses by which the server may be called.
        painter: what the painter process runs; see `painter.main`.
        network: the network of jobs that choose none: a name, or the path of a file.
        device: the platform to compute on, as JAX_PLATFORMS takes it; empty for the best one.

    Raises:
        InputError: when the folder cannot be used.
    """
    files = DataFolder(folder)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(files.locked())
            except InputError as error:
                app.state.refusal = error
                raise
            files.clear_temporary()
            store = Store(files.database)
            context = _context(
                files, store, painter, PainterOptions(files.painter_lock, files.painter_log, device), network
            )
            app.state.context = context
            context.jobs.resume_all()
            context.scheduler.start()
            try:
                yield
            finally:
                context.studio.events.close()
                await context.scheduler.close()
                context.studio.files.close()
                store.close()

    return Starlette(
        routes=[
            *routes_state.routes(),
            *routes_pictures.routes(),
            *routes_jobs.routes(),
            *routes_results.routes(),
            *routes_experiments.routes(),
            *routes_pages.routes(),
        ],
        middleware=[Middleware(Guard, hosts=tuple(hosts), token=token)],
        exception_handlers={
            InputError: _refuse,
            RequestError: _refuse,
            HTTPException: _refuse_by_status,
            ClientDisconnect: _drop,
            Exception: _fail,
        },
        lifespan=lifespan,
    )


def _context(files: DataFolder, store: Store, painter: Target, options: PainterOptions, network: str) -> Context:
    newest = max((job["sequence"] for job in store.all("jobs")), default=0)
    events, worker = Events(newest), PictureFiles()
    studio = Studio(files, store, events, worker, Pictures(files, store, worker, events), network)
    jobs = Jobs(studio)
    reports, experiments = Reports(studio, jobs), Experiments(studio, jobs)
    reports.listen(experiments.note)
    scheduler = Scheduler(studio, jobs, reports, painter, options, experiments.next_grade)
    return Context(studio, jobs, reports, scheduler, experiments)


async def _refuse(_: Request, error: Exception) -> Response:
    """Answer a mistake of the user's by its sentence."""
    # A message may repeat what cannot be encoded: half of a pair of UTF-16.
    message = str(error).encode("utf-8", "replace").decode()
    return JSONResponse({"error": message}, getattr(error, "status", 400))


async def _refuse_by_status(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": _SENTENCES.get(error.status_code, error.detail)}, error.status_code)


async def _fail(_: Request, error: Exception) -> Response:
    """Answer a mistake of ours; its traceback is in the log only."""
    _log.error("A request failed", exc_info=error)
    sentence = {"error": "Something went wrong in the studio; its log.txt says what."}
    # This answer is given outside of the guard.
    return JSONResponse(sentence, 500, headers=SECURITY_HEADERS)


async def _drop(*_: object) -> Response:
    """Answer nobody: the client has closed the connection before its request had arrived."""
    return Response(status_code=400)
