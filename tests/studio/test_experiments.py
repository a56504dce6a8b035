"""Experiments: drawn by chance, hidden until the drawing is done, and graded."""

import asyncio

import pytest

from tests.studio import fake_painter
from tests.studio.conftest import PATIENCE, encoded

pytestmark = pytest.mark.anyio


async def until(studio, name: str, state: str) -> dict:
    async def wait() -> dict:
        while True:
            changed = studio.context.studio.events._changed
            found = (await studio.get(f"/api/experiments/{name}")).json()
            if found["state"] == state:
                return found
            await changed.wait()

    return await asyncio.wait_for(wait(), PATIENCE)


async def test_an_experiment_from_its_beginning_to_its_sheet(studio):
    experiment = (await studio.post("/api/experiments", json={"seed": 0})).json()
    assert experiment["state"] == "drawing"
    assert (await studio.get("/api/experiments")).json()["experiments"][0]["id"] == experiment["id"]
    jobs = experiment["jobs"]
    assert set(jobs) == {"fast", "optimize"}
    for name in jobs.values():
        done = await studio.until(name, "done")
        assert done["experiment"] == experiment["id"]
        assert done["settings"] == {"size": 384}
        # Hidden until the drawing is done, unless somebody insists.
        for which in ("preview", "thumbnail", "view", "result"):
            answer = await studio.get(f"/api/jobs/{name}/{which}")
            assert (answer.status_code, answer.json()["error"]) == (
                403,
                "This picture is shown when the drawing is done.",
            )
            assert (await studio.get(f"/api/jobs/{name}/{which}?peek=1")).status_code == 200
        assert (await studio.get(f"/api/gallery.zip?ids={name}")).status_code == 403
    assert not (await studio.get("/api/gallery")).json()["jobs"]
    address = f"/api/experiments/{experiment['id']}"
    assert (await studio.post(f"{address}/done")).status_code == 409
    drawings = [(await studio.upload(encoded(), "drawing.png", "drawing")).json()["id"] for _ in range(2)]
    for drawing in drawings:
        assert (await studio.post(f"{address}/drawing", json={"picture": drawing})).json()["drawing"] == drawing
    assert (await studio.delete(f"/api/pictures/{drawings[1]}")).status_code == 409
    assert (await studio.get(f"{address}/sheet.png")).status_code == 409
    assert (await studio.post(f"{address}/done")).json()["state"] in ("grading", "graded")
    graded = await until(studio, experiment["id"], "graded")
    assert [(grade["first"], grade["second"], grade["grade"]) for grade in graded["grades"]] == [
        ("drawing", "fast", 5.0),
        ("drawing", "optimize", 5.0),
        ("fast", "optimize", 5.0),
    ]
    assert graded["ladder"] == [{"label": "identical", "grade": 10.0}]
    assert (await studio.post(f"{address}/drawing", json={"picture": drawings[0]})).status_code == 409
    assert len((await studio.get("/api/gallery")).json()["jobs"]) == 2
    sheet = await studio.get(f"{address}/sheet.png")
    assert (sheet.headers["content-type"], sheet.content[:4]) == ("image/png", b"\x89PNG")
    assert 'filename="experiment-0.png"' in sheet.headers["content-disposition"]
    text = (await studio.get(f"{address}/sheet.json")).json()
    assert text["experiment"]["grades"] == graded["grades"]
    assert set(text["jobs"]) == {"fast", "optimize"}


async def test_a_seed_repeats_what_chance_has_chosen(studio):
    first, again = [(await studio.post("/api/experiments", json={"seed": 7})).json() for _ in range(2)]
    assert (first["content"], first["style"]) == (again["content"], again["style"])
    seeds = {(await studio.post("/api/experiments", json={})).json()["seed"] for _ in range(3)}
    assert len(seeds) == 3


async def test_content_and_style_may_be_chosen(studio):
    record = (await studio.upload(encoded())).json()
    experiment = (await studio.post("/api/experiments", json={"content": record["id"], "size": 64})).json()
    assert experiment["content"] == record["id"]
    assert (await studio.job(experiment["jobs"]["fast"]))["settings"] == {"size": 64}


@pytest.mark.parametrize(
    "order", [{"seed": -1}, {"seed": "x"}, {"seed": True}, {"seed": 2**40}, {"size": "large"}, {"size": 3}, []]
)
async def test_impossible_experiments_are_refused(studio, order):
    assert (await studio.post("/api/experiments", json=order)).status_code == 400
    assert not (await studio.get("/api/experiments")).json()["experiments"]


async def test_without_one_of_its_pictures_an_experiment_fails_in_a_sentence(studio):
    experiment = (await studio.post("/api/experiments", json={})).json()
    drawing = (await studio.upload(encoded(), kind="drawing")).json()["id"]
    address = f"/api/experiments/{experiment['id']}"
    await studio.post(f"{address}/drawing", json={"picture": drawing})
    for name in experiment["jobs"].values():
        await studio.until(name, "done")
    await studio.delete(f"/api/jobs/{experiment['jobs']['fast']}")
    failed = (await studio.post(f"{address}/done")).json()
    assert failed["state"] == "failed"
    assert failed["error"] == "The picture of the method fast was deleted, so nothing can be graded."


async def test_a_deleted_experiment_takes_its_drawing_and_unfinished_jobs_along(studio):
    waiting = await studio.order(fake_painter.HOLD)
    await studio.until(waiting["id"], "painting")
    experiment = (await studio.post("/api/experiments", json={})).json()
    drawing = (await studio.upload(encoded(), kind="drawing")).json()["id"]
    address = f"/api/experiments/{experiment['id']}"
    await studio.post(f"{address}/drawing", json={"picture": drawing})
    assert (await studio.delete(address)).status_code == 204
    for name in experiment["jobs"].values():
        job = await studio.job(name)
        assert (job["state"], job["experiment"]) == ("cancelled", None)
    assert (await studio.job(waiting["id"]))["state"] == "painting"
    for path in (address, f"/api/pictures/{drawing}"):
        assert (await studio.get(path)).status_code == 404
    assert not list(studio.context.studio.folder.pictures.glob(f"{drawing}*"))
    assert not (await studio.get("/api/experiments")).json()["experiments"]
    assert (await studio.delete(address)).status_code == 404
    told = [event for event in studio.context.studio.events._events if event.data.get("deleted")]
    assert [event.data["id"] for event in told[-2:]] == [experiment["id"], drawing]


async def test_finished_pictures_of_a_deleted_experiment_stay_in_the_gallery(studio):
    experiment = (await studio.post("/api/experiments", json={})).json()
    jobs = experiment["jobs"].values()
    for name in jobs:
        await studio.until(name, "done")
    # Hidden, because the drawing is not done; nothing is left to be hidden from.
    assert not (await studio.get("/api/gallery")).json()["jobs"]
    assert (await studio.delete(f"/api/experiments/{experiment['id']}")).status_code == 204
    assert {job["id"] for job in (await studio.get("/api/gallery")).json()["jobs"]} == set(jobs)
    for name in jobs:
        assert (await studio.get(f"/api/jobs/{name}/result")).status_code == 200


async def test_the_sheet_of_a_deleted_experiment_goes_and_a_drawing_that_another_one_needs_stays(studio):
    drawing = (await studio.upload(encoded(), kind="drawing")).json()["id"]
    first, second = [(await studio.post("/api/experiments", json={"seed": 0})).json()["id"] for _ in range(2)]
    for name in (first, second):
        await studio.post(f"/api/experiments/{name}/drawing", json={"picture": drawing})
        await studio.post(f"/api/experiments/{name}/done")
        await until(studio, name, "graded")
        await studio.get(f"/api/experiments/{name}/sheet.png")
    sheets = [studio.context.studio.folder.sheet(name) for name in (first, second)]
    assert [sheet.exists() for sheet in sheets] == [True, True]
    await studio.delete(f"/api/experiments/{first}")
    assert [sheet.exists() for sheet in sheets] == [False, True]
    assert (await studio.get(f"/api/pictures/{drawing}/file")).status_code == 200
    await studio.delete(f"/api/experiments/{second}")
    assert (await studio.get(f"/api/pictures/{drawing}/file")).status_code == 404


async def test_a_deleted_experiment_that_is_being_painted_leaves_the_painter_to_the_next_picture(studio):
    # The painter holds this one until it is cancelled.
    experiment = (await studio.post("/api/experiments", json={})).json()
    held = await studio.order(fake_painter.HOLD, experiment=experiment["id"])
    await studio.until(held["id"], "painting")
    await studio.delete(f"/api/experiments/{experiment['id']}")
    assert (await studio.job(held["id"]))["state"] == "cancelled"
    await studio.until((await studio.order())["id"], "done")
