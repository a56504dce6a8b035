"""Routes of experiments."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from nst_jax.studio.context import context_of, json_body
from nst_jax.studio.downloads import attachment
from nst_jax.studio.experiments import GRADED, METHODS
from nst_jax.studio.failures import RequestError
from nst_jax.studio.job_states import UNFINISHED
from nst_jax.studio.store import Record
from nst_jax.studio.stored_files import stored_file


async def _list(request: Request) -> Response:
    return JSONResponse({"experiments": context_of(request).experiments.all()})


async def _add(request: Request) -> Response:
    context = context_of(request)
    experiment = await context.experiments.add(await json_body(request))
    context.scheduler.wake()
    return JSONResponse(experiment, 201)


async def _one(request: Request) -> Response:
    return JSONResponse(context_of(request).experiments.get(request.path_params["id"]))


async def _drawing(request: Request) -> Response:
    experiments = context_of(request).experiments
    order = await json_body(request)
    experiment = experiments.get(request.path_params["id"])
    experiments.set_drawing(experiment, order.get("picture") if isinstance(order, dict) else None)
    return JSONResponse(experiment)


async def _done(request: Request) -> Response:
    context = context_of(request)
    experiment = context.experiments.get(request.path_params["id"])
    context.experiments.finish_drawing(experiment)
    context.scheduler.wake()
    return JSONResponse(context.experiments.get(experiment["id"]))


async def _delete(request: Request) -> Response:
    context = context_of(request)
    experiment = context.experiments.get(request.path_params["id"])
    for job in context.experiments.jobs_of(experiment):
        if job["state"] in UNFINISHED:
            context.scheduler.cancel(job)
    context.experiments.delete(experiment)
    return Response(status_code=204)


def _graded(request: Request) -> Record:
    experiment = context_of(request).experiments.get(request.path_params["id"])
    if experiment["state"] != GRADED:
        raise RequestError(409, "The sheet is there when the pictures have been graded.")
    return experiment


async def _sheet_json(request: Request) -> Response:
    context, experiment = context_of(request), _graded(request)
    jobs = {method: context.jobs.public(context.jobs.get(experiment["jobs"][method])) for method in METHODS}
    sheet = {"experiment": experiment, "jobs": jobs}
    return JSONResponse(sheet, headers=attachment(f"experiment-{experiment['seed']}.json"))


async def _sheet_png(request: Request) -> Response:
    context, experiment = context_of(request), _graded(request)
    folder, pictures = context.studio.folder, context.studio.pictures
    paths = {key: pictures.path(pictures.get(experiment[key])) for key in ("content", "style", "drawing")}
    paths |= {method: folder.result(experiment["jobs"][method]) for method in METHODS}
    target = folder.sheet(experiment["id"])
    if not target.exists():
        await context.studio.files.ask("sheet", target=target, pictures=paths, grades=experiment["grades"])
    return stored_file(target, attachment(f"experiment-{experiment['seed']}.png"), "image/png")


def routes() -> list[BaseRoute]:
    """Return the routes."""
    return [
        Route("/api/experiments", _list),
        Route("/api/experiments", _add, methods=["POST"]),
        Route("/api/experiments/{id}", _one),
        Route("/api/experiments/{id}", _delete, methods=["DELETE"]),
        Route("/api/experiments/{id}/drawing", _drawing, methods=["POST"]),
        Route("/api/experiments/{id}/done", _done, methods=["POST"]),
        Route("/api/experiments/{id}/sheet.png", _sheet_png),
        Route("/api/experiments/{id}/sheet.json", _sheet_json),
    ]
