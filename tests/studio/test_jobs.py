"""Jobs: their life from the queue to the gallery, and every way in which it may end early."""

import asyncio
import os
import signal

import pytest

from nst_jax.studio import scheduler
from nst_jax.studio.studio import MAX_QUEUE
from nst_jax.studio.tasks import paint_task
from tests.studio import fake_painter
from tests.studio.conftest import CONTENT, PATIENCE, STYLE, opened

pytestmark = pytest.mark.anyio


async def test_a_job_goes_through_all_states_and_keeps_what_it_has_made(studio):
    job = await studio.order()
    assert job["state"] in ("queued", "starting")
    seen = [job["state"]]
    done = await studio.until(job["id"], "done")
    seen += [each.data["state"] for each in studio.context.studio.events._events if each.kind == "job"]
    assert list(dict.fromkeys(seen)) == ["queued", "starting", "painting", "saving", "done"]
    assert (done["step"], done["total_steps"], done["ending"]) == (4, 4, "all steps done")
    assert done["preview"] >= 2
    assert done["finished"] >= done["started"] >= done["created"]
    assert "private" not in done
    losses = (await studio.get(f"/api/jobs/{job['id']}/losses")).json()
    assert losses == {"steps": [1, 2, 3, 4], "content": [1.0] * 4, "style": [1.0] * 4, "total": [2.0] * 4}


async def test_a_preview_is_there_while_a_picture_is_made(studio):
    job = await studio.order(fake_painter.HOLD)
    await studio.until(job["id"], "painting")
    while (answer := await studio.get(f"/api/jobs/{job['id']}/preview")).status_code == 404:
        await studio.context.studio.events._changed.wait()
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.content.startswith(b"\xff\xd8\xff")
    assert (await studio.get(f"/api/jobs/{job['id']}/result")).status_code == 404


async def test_the_queue_is_worked_off_in_order_without_anybody_looking(studio):
    names = [(await studio.order())["id"] for _ in range(3)]
    for name in names:
        await studio.until(name, "done")
    finished = [(await studio.job(name))["finished"] for name in names]
    assert finished == sorted(finished)


async def test_queued_jobs_know_their_place(studio):
    running = await studio.order(fake_painter.HOLD)
    await studio.until(running["id"], "painting")
    first, second = await studio.order(), await studio.order()
    assert (first["position"], second["position"]) == (1, 2)
    await studio.post(f"/api/jobs/{first['id']}/cancel")
    assert (await studio.job(second["id"]))["position"] == 1


@pytest.mark.parametrize(
    ("mode", "state"),
    [
        (fake_painter.DEAF, "starting"),
        (fake_painter.HOLD, "painting"),
        (fake_painter.HOLD_SAVING, "saving"),
    ],
)
async def test_a_job_is_cancelled_at_once_in_every_state_and_the_next_one_starts(studio, monkeypatch, mode, state):
    monkeypatch.setattr(scheduler, "CANCEL_SECONDS", 0.05)
    job = await studio.order(mode)
    await studio.until(job["id"], state)
    following = await studio.order()
    answer = await studio.post(f"/api/jobs/{job['id']}/cancel")
    assert answer.json()["state"] == "cancelled"
    await studio.until(following["id"], "done")
    assert (await studio.job(job["id"]))["state"] == "cancelled"
    folder = studio.context.studio.folder
    assert not [*folder.results.glob(f"{job['id']}*"), *folder.checkpoints.glob(f"{job['id']}*")]


async def test_a_queued_job_is_cancelled(studio):
    running = await studio.order(fake_painter.HOLD)
    await studio.until(running["id"], "painting")
    job = await studio.order()
    assert (await studio.post(f"/api/jobs/{job['id']}/cancel")).json()["state"] == "cancelled"
    again = await studio.post(f"/api/jobs/{job['id']}/cancel")
    assert again.status_code == 409
    assert again.json()["error"] == "This picture is cancelled and cannot become cancelled."


async def test_stop_and_keep_saves_the_picture_as_it_stands(studio):
    job = await studio.order(fake_painter.HOLD)
    await studio.until(job["id"], "painting")
    await studio.post(f"/api/jobs/{job['id']}/stop")
    done = await studio.until(job["id"], "done")
    assert (done["step"], done["ending"]) == (1, "stopped by the user")
    assert (await studio.get(f"/api/jobs/{job['id']}/result")).content == fake_painter.png(1)
    again = await studio.post(f"/api/jobs/{job['id']}/stop")
    assert (again.status_code, again.json()["error"]) == (409, "This picture is done already.")


async def test_a_queued_job_has_nothing_to_keep(studio):
    running = await studio.order(fake_painter.HOLD)
    await studio.until(running["id"], "painting")
    job = await studio.order()
    assert (await studio.post(f"/api/jobs/{job['id']}/stop")).status_code == 409


async def test_a_painter_that_is_killed_is_started_again_and_the_job_goes_on(studio):
    job = await studio.order(fake_painter.DIE_ONCE)
    done = await studio.until(job["id"], "done")
    assert done["step"] == 4
    # It went on at the third step, from the checkpoint, which is gone now.
    assert not studio.context.studio.folder.checkpoint(job["id"]).exists()


async def test_a_job_that_ends_every_painter_fails_and_the_next_one_works(studio):
    job, following = await studio.order(fake_painter.DIE), await studio.order()
    failed = await studio.until(job["id"], "failed")
    assert failed["error"] == scheduler.KILLED.format(times=3)
    await studio.until(following["id"], "done")


async def test_a_killed_painter_loses_no_other_job(studio):
    await studio.until_idle()
    pid = studio.context.scheduler.pid
    os.kill(pid, signal.SIGKILL)
    job = await studio.order()
    await studio.until(job["id"], "done")
    assert studio.context.scheduler.pid != pid


async def test_a_failure_is_a_sentence_and_can_be_tried_again(studio):
    job = await studio.order(fake_painter.FAIL)
    failed = await studio.until(job["id"], "failed")
    assert failed["error"] == "This cannot be painted; choose another size."
    again = (await studio.post(f"/api/jobs/{job['id']}/retry")).json()
    assert (again["state"], again["error"]) in (("queued", None), ("starting", None))
    await studio.until(job["id"], "failed")


async def test_a_server_that_ends_keeps_the_state_and_the_next_one_goes_on(tmp_path):
    async with opened(tmp_path) as studio:
        job, queued = await studio.order(fake_painter.HOLD), await studio.order()
        await studio.until(job["id"], "painting")
    assert (tmp_path / "checkpoints" / f"{job['id']}.npz").exists()
    async with opened(tmp_path) as studio:
        going_on = await studio.until(job["id"], "painting", step=3)
        assert going_on["preview"] >= 1
        await studio.post(f"/api/jobs/{job['id']}/stop")
        await studio.until(job["id"], "done")
        await studio.until(queued["id"], "done")
        assert (await studio.get("/api/state")).json()["sequence"] > going_on["sequence"]


async def test_the_queue_is_limited(studio):
    await studio.order(fake_painter.HOLD)
    for _ in range(MAX_QUEUE - 1):
        await studio.order()
    body = {"content": CONTENT, "styles": [{"picture": STYLE}], "method": "fast"}
    answer = await studio.post("/api/jobs", json=body)
    assert (answer.status_code, answer.json()["error"]) == (
        429,
        "The queue holds 20 pictures; wait for one, or cancel some.",
    )
    assert (await studio.post("/api/experiments", json={})).status_code == 429
    assert not (await studio.get("/api/experiments")).json()["experiments"]


async def test_only_finished_jobs_are_deleted_and_their_files_with_them(studio):
    job = await studio.order()
    await studio.until(job["id"], "done")
    running = await studio.order(fake_painter.HOLD)
    await studio.until(running["id"], "painting")
    assert (await studio.delete(f"/api/jobs/{running['id']}")).status_code == 409
    assert (await studio.delete(f"/api/jobs/{job['id']}")).status_code == 204
    assert (await studio.get(f"/api/jobs/{job['id']}")).status_code == 404
    assert not [*studio.context.studio.folder.results.glob(f"{job['id']}*")]
    assert studio.context.studio.events._events[-1].data == {"job": job["id"]}


async def test_a_run_begins_with_a_finished_picture(studio):
    job = await studio.order()
    body = {"content": CONTENT, "styles": [{"picture": STYLE}], "method": "optimize", "start": job["id"]}
    await studio.until(job["id"], "done")
    made = await studio.post("/api/jobs", json=body)
    assert made.status_code == 201
    assert made.json()["start"] == job["id"]
    result = studio.context.studio.folder.result(job["id"], ".tif")
    assert f"--init {result}" in made.json()["command"]
    assert paint_task(studio.context.studio, made.json() | {"private": {"stop": False}}).recipe.init == str(result)


async def test_the_picture_that_an_unfinished_run_goes_on_from_is_not_deleted(studio):
    job = await studio.order()
    await studio.until(job["id"], "done")
    body = {"content": CONTENT, "styles": [{"picture": STYLE}], "method": "optimize", "start": job["id"]}
    running = (await studio.post("/api/jobs", json=body | {"settings": {"seed": fake_painter.HOLD}})).json()
    await studio.until(running["id"], "painting")
    assert (await studio.delete(f"/api/jobs/{job['id']}")).status_code == 409
    await studio.post(f"/api/jobs/{running['id']}/stop")
    await studio.until(running["id"], "done")
    assert (await studio.delete(f"/api/jobs/{job['id']}")).status_code == 204
    assert (await studio.post("/api/jobs", json=body)).status_code == 404


async def test_impossible_pictures_to_begin_with_are_refused(studio):
    job = await studio.order()
    await studio.until(job["id"], "done")
    running = await studio.order(fake_painter.HOLD)
    body = {"content": CONTENT, "styles": [{"picture": STYLE}], "method": "optimize", "start": job["id"]}
    for change, status in (
        ({"method": "fast"}, 400),
        ({"settings": {"init": "noise"}}, 400),
        ({"start": running["id"]}, 404),
        ({"start": "../../etc/passwd"}, 404),
        ({"start": 7}, 404),
    ):
        answer = await studio.post("/api/jobs", json=body | change)
        assert answer.status_code == status, change
        assert answer.json()["error"].endswith(".")


async def test_a_star_is_kept_and_nothing_else_can_be_changed(studio):
    job = await studio.order()
    await studio.until(job["id"], "done")
    address = f"/api/jobs/{job['id']}"
    assert (await studio.patch(address, json={"starred": True})).json()["starred"] is True
    assert (await studio.job(job["id"]))["starred"] is True
    for body in ({"starred": 1}, {"state": "queued"}, {}, [], {"starred": True, "id": "x"}):
        assert (await studio.patch(address, json=body)).status_code == 400, body


async def test_a_painter_that_cannot_start_says_so_and_keeps_the_queue(tmp_path, monkeypatch):
    monkeypatch.setattr(fake_painter, "main", fake_painter.broken)
    async with opened(tmp_path) as studio:

        async def wait() -> None:
            while studio.context.scheduler.state != "stopped":
                await studio.context.studio.events._changed.wait()

        await asyncio.wait_for(wait(), PATIENCE)
        state = (await studio.get("/api/state")).json()
        assert (state["painter"], state["painter_error"]) == ("stopped", "There is no device.")
