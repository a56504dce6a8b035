"""A studio with a fake painter, and a client that calls it without a network."""

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from nst_jax.studio.app import make_app
from nst_jax.studio.context import Context
from nst_jax.studio.identifiers import sample_id
from nst_jax.studio.job_states import UNFINISHED
from tests.conftest import picture
from tests.studio import fake_painter

BASE = "http://127.0.0.1:7860"
CONTENT, STYLE = sample_id("chelsea"), sample_id("nightswirls")
# Longer than anything should take here; a test that waits for it fails.
PATIENCE = 60.0


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


class Client(httpx.AsyncClient):
    """A client with the studio's parts at hand."""

    context: Context

    async def order(self, seed: int = fake_painter.QUICK, **changes: Any) -> dict[str, Any]:
        """Order a picture; the seed says what the painter does."""
        body = {"content": CONTENT, "styles": [{"picture": STYLE}], "method": "optimize", "settings": {"seed": seed}}
        answer = await self.post("/api/jobs", json=body | changes)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def job(self, name: str) -> dict[str, Any]:
        return (await self.get(f"/api/jobs/{name}")).json()

    async def until(self, name: str, *states: str, step: int = 0) -> dict[str, Any]:
        """Wait for a job to be in one of some states."""

        async def wait() -> dict[str, Any]:
            while True:
                changed = self.context.studio.events._changed
                job = await self.job(name)
                if job["state"] in states and job["step"] >= step:
                    return job
                await changed.wait()

        return await asyncio.wait_for(wait(), PATIENCE)

    async def until_idle(self) -> None:
        async def wait() -> None:
            while self.context.scheduler.state != "idle":
                await self.context.studio.events._changed.wait()

        await asyncio.wait_for(wait(), PATIENCE)

    async def upload(self, data: bytes, name: str = "photo.png", kind: str = "upload") -> httpx.Response:
        return await self.post(f"/api/pictures?kind={kind}", content=data, headers={"X-Name": name})


@contextlib.asynccontextmanager
async def opened(folder: Path, **options: Any) -> AsyncIterator[Client]:
    """A running studio."""
    app = make_app(folder, painter=fake_painter.main, **options)
    async with (
        app.router.lifespan_context(app),
        Client(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url=BASE) as client,
    ):
        client.context = app.state.context
        yield client


@pytest.fixture(scope="module")
async def shared_studio(tmp_path_factory: pytest.TempPathFactory, anyio_backend: str) -> AsyncIterator[Client]:
    async with opened(tmp_path_factory.mktemp("studio")) as client:
        yield client


@pytest.fixture
async def studio(shared_studio: Client) -> AsyncIterator[Client]:
    """The studio of all tests of a file, empty and idle, because processes take long to start."""
    yield shared_studio
    context = shared_studio.context
    store = context.studio.store
    for job in store.all("jobs"):
        if job["state"] in UNFINISHED:
            context.scheduler.cancel(job)
    if context.scheduler.pid:
        await shared_studio.until_idle()
    for job in store.all("jobs"):
        context.jobs.delete(job)
    for experiment in store.all("experiments"):
        store.delete("experiments", experiment["id"])
    for record in store.all("pictures"):
        context.studio.pictures.delete(record)


def encoded(kind: str = "PNG", size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    """A small picture file."""
    buffer = io.BytesIO()
    pixels = (picture(1, size[1], size[0]) * 255).astype(np.uint8)
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()
