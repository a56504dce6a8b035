"""Routes of jobs: order, follow, change and delete."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from nst_jax.studio.context import context_of, json_body
from nst_jax.studio.failures import RequestError
from nst_jax.studio.job_states import PAINTING, QUEUED, STARTING
from nst_jax.studio.requests import job_fields


async def _add(request: Request) -> Response:
    context = context_of(request)
    order = await json_body(request)
    context.jobs.check_room()
    experiment = order.get("experiment") if isinstance(order, dict) else None
    if experiment is not None:
        context.experiments.get(experiment)
    job = context.jobs.add(await job_fields(context.studio, order), experiment)
    context.scheduler.wake()
    return JSONResponse(context.jobs.public(context.jobs.get(job["id"])), 201)


async def _one(request: Request) -> Response:
    jobs = context_of(request).jobs
    return JSONResponse(jobs.public(jobs.get(request.path_params["id"])))


async def _losses(request: Request) -> Response:
    context = context_of(request)
    job = context.jobs.get(request.path_params["id"])
    points = context.studio.store.losses(job["id"])
    columns = zip(*points, strict=True) if points else ((), (), (), ())
    return JSONResponse(dict(zip(("steps", "content", "style", "total"), map(list, columns), strict=True)))


async def _cancel(request: Request) -> Response:
    context = context_of(request)
    job = context.jobs.get(request.path_params["id"])
    context.scheduler.cancel(job)
    context.experiments.look_for_failures()
    return JSONResponse(context.jobs.public(job))


async def _stop(request: Request) -> Response:
    context = context_of(request)
    job = context.jobs.get(request.path_params["id"])
    if job["state"] == QUEUED:
        raise RequestError(409, "This picture has not begun yet, so there is nothing to keep; cancel it instead.")
    if job["state"] not in (STARTING, PAINTING):
        raise RequestError(409, f"This picture is {job['state']} already.")
    context.scheduler.stop(job)
    return JSONResponse(context.jobs.public(job))


async def _retry(request: Request) -> Response:
    """Queue a failed or cancelled job again; it goes on from its last checkpoint, if there is one."""
    context = context_of(request)
    job = context.jobs.get(request.path_params["id"])
    if context.scheduler.current_job == job["id"]:
        raise RequestError(409, "This picture is just being cancelled; try again in a few seconds.")
    context.jobs.check_room()
    job["private"] = {"attempts": 0, "stop": False}
    context.jobs.move(job, QUEUED)
    context.scheduler.wake()
    return JSONResponse(context.jobs.public(context.jobs.get(job["id"])))


async def _star(request: Request) -> Response:
    jobs = context_of(request).jobs
    job = jobs.get(request.path_params["id"])
    order = await json_body(request)
    if not isinstance(order, dict) or set(order) != {"starred"} or not isinstance(order["starred"], bool):
        raise RequestError(400, 'Only "starred" can be changed, to true or false.')
    # Read again, because a report may have come in between.
    job = jobs.get(job["id"])
    job["starred"] = order["starred"]
    jobs.save(job)
    return JSONResponse(jobs.public(job))


async def _delete(request: Request) -> Response:
    context = context_of(request)
    context.jobs.delete(context.jobs.get(request.path_params["id"]))
    context.experiments.look_for_failures()
    return Response(status_code=204)


def routes() -> list[BaseRoute]:
    """Return the routes."""
    return [
        Route("/api/jobs", _add, methods=["POST"]),
        Route("/api/jobs/{id}", _one),
        Route("/api/jobs/{id}", _star, methods=["PATCH"]),
        Route("/api/jobs/{id}", _delete, methods=["DELETE"]),
        Route("/api/jobs/{id}/losses", _losses),
        Route("/api/jobs/{id}/cancel", _cancel, methods=["POST"]),
        Route("/api/jobs/{id}/stop", _stop, methods=["POST"]),
        Route("/api/jobs/{id}/retry", _retry, methods=["POST"]),
    ]
