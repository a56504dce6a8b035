"""Results: downloads in all formats, the gallery and its archive."""

import io
import zipfile

import pytest

from nst_jax.studio.downloads import attachment, file_stem
from tests.studio import fake_painter
from tests.studio.conftest import encoded, opened

pytestmark = pytest.mark.anyio


async def finished(studio, **changes) -> dict:
    job = await studio.order(**changes)
    return await studio.until(job["id"], "done")


async def test_a_result_is_downloaded_in_all_formats(studio):
    job = await finished(studio)
    address = f"/api/jobs/{job['id']}/result"
    types = {"png": "image/png", "tiff": "image/tiff", "jpeg": "image/jpeg", "webp": "image/webp"}
    assert (await studio.get("/api/options")).json()["formats"] == ["png", "jpeg", "tiff", "webp"]
    for name, media in types.items():
        answer = await studio.get(f"{address}?format={name}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, media)
        suffix = {"jpeg": "jpg", "tiff": "tif"}.get(name, name)
        assert f'filename="chelsea_night-swirls.{suffix}"' in answer.headers["content-disposition"]
    assert (await studio.get(address)).content == fake_painter.png(4)
    assert (await studio.get(f"{address}?format=svg")).status_code == 400
    for which in ("view", "thumbnail", "preview"):
        assert (await studio.get(f"/api/jobs/{job['id']}/{which}")).content == fake_painter.JPEG


async def test_a_file_that_has_just_been_deleted_is_not_found(studio):
    job = await finished(studio)
    files = {"view": ".view.jpg", "preview": ".view.jpg", "thumbnail": ".thumbnail.jpg", "result": ".png"}
    for which, suffix in files.items():
        studio.context.studio.folder.result(job["id"], suffix).unlink(missing_ok=True)
        answer = await studio.get(f"/api/jobs/{job['id']}/{which}")
        assert (answer.status_code, answer.json()) == (404, {"error": "This picture has been deleted."}), which


async def test_names_of_downloads_suit_every_system(studio):
    record = (await studio.upload(encoded(), "x.png")).json()
    assert record["name"] == "x.png"
    assert file_stem({"stem": 'a<b>:"/\\|?*\r\nc'}) == "a-b-c"
    assert file_stem({"stem": " .. "}) == "picture"
    assert len(file_stem({"stem": "x" * 500})) == 100
    header = attachment('日本"; evil.png')["Content-Disposition"]
    assert header == "attachment; filename=\"; evil.png\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC%22%3B%20evil.png"


async def test_the_gallery_goes_back_page_by_page(studio):
    names = [(await finished(studio))["id"] for _ in range(5)]
    # A star changes the sequence number of a job, but not its place.
    await studio.patch(f"/api/jobs/{names[1]}", json={"starred": True})
    found, before = [], ""
    while True:
        page = (await studio.get(f"/api/gallery?limit=2{before}")).json()
        found += [job["id"] for job in page["jobs"]]
        if not page["more"]:
            break
        before = f"&before={page['jobs'][-1]['sequence']}"
    assert found == names[::-1]
    for query in ("limit=0", "limit=x", "limit=1000", "before=-1", "before=" + "9" * 30):
        assert (await studio.get(f"/api/gallery?{query}")).status_code == 400, query


async def test_the_gallery_survives_a_restart(tmp_path):
    async with opened(tmp_path) as studio:
        job = await finished(studio)
        await studio.patch(f"/api/jobs/{job['id']}", json={"starred": True})
    async with opened(tmp_path) as studio:
        (kept,) = (await studio.get("/api/gallery")).json()["jobs"]
        assert (kept["id"], kept["starred"], kept["command"]) == (job["id"], True, job["command"])
        assert (await studio.get(f"/api/jobs/{job['id']}/result")).content == fake_painter.png(4)


async def test_an_archive_has_all_pictures_with_names_of_their_own(studio):
    names = [(await finished(studio))["id"] for _ in range(2)]
    answer = await studio.get(f"/api/gallery.zip?ids={','.join(names)}")
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["chelsea_night-swirls.png", "chelsea_night-swirls-2.png"]
        assert archive.read(archive.namelist()[0]) == fake_painter.png(4)
    assert not [*studio.context.studio.folder.temporary.iterdir()]
    for ids in ("", ",", "x", f"{names[0]},../x", ",".join(["0" * 20] * 501)):
        assert (await studio.get(f"/api/gallery.zip?ids={ids}")).status_code in (400, 404), ids


async def test_unfinished_pictures_have_no_result(studio):
    job = await studio.order(fake_painter.HOLD)
    await studio.until(job["id"], "painting")
    for which in ("result", "view", "thumbnail"):
        assert (await studio.get(f"/api/jobs/{job['id']}/{which}")).status_code == 404
    assert (await studio.get(f"/api/gallery.zip?ids={job['id']}")).status_code == 404
