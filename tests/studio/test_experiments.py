"""Experiments: drawn by chance, hidden until the drawing is done, and graded."""

import asyncio

import pytest

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
