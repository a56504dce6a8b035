"""A small folder of pictures, the options to stylize it with, and an S3 server on loopback."""

import collections
import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nst_jax.cli.arguments import parse
from nst_jax.cluster.inputs import find_pictures
from nst_jax.cluster.plan import Plan, make_plan
from nst_jax.cluster.run_settings import RunSettings, claim, copy_network, copy_styles
from nst_jax.cluster.storage import Storage
from tests.cli.conftest import QUICK_OPTIONS, stylize
from tests.conftest import save_image

# Without the extra `cluster`, there is nothing to test.
if not all(map(importlib.util.find_spec, ("fsspec", "pyarrow"))):
    collect_ignore_glob = ["test_*.py"]

# The fixture `stylize` is that of the command line.
__all__ = ["stylize"]

# Two shapes, so that batches are of several sizes.
SHAPES = [(40, 60), (60, 40)]
OPTIONS = [*QUICK_OPTIONS, "--steps", "2", "--batch-size", "2"]
COUNT = 6


@pytest.fixture
def photos(image_folder) -> Path:
    """Pictures of two shapes below the folder `photos`."""
    for seed in range(COUNT):
        save_image(image_folder / "photos" / f"{seed}.png", seed, SHAPES[seed % 2])
    return image_folder / "photos"


def planned(output: str | Storage, shard_size: int = 2, words: tuple[str, ...] = ("photos",)) -> tuple[Storage, Plan]:
    """Plan the pictures as the command does."""
    storage = output if isinstance(output, Storage) else Storage(output)
    recipe = parse([*words, "--style", "style.png", *OPTIONS]).recipe
    groups, folders = copy_styles(storage, ["style.png"], False)
    network = copy_network(storage, recipe)
    settings = RunSettings(recipe=recipe, styles=groups, folders=folders, network=network, batch_size=2)
    claim(storage, settings)
    return storage, make_plan(storage, settings, find_pictures(words, storage), shard_size)[0]


def results(output: Storage) -> dict[str, bytes]:
    """The pictures of an output, by key."""
    return {
        entry.key: output.read(entry.key)
        for entry in output.files()
        if not entry.key.startswith("_nst/") and not entry.key.startswith(".")
    }


class FaultyS3:
    """An S3 server in this process, some of whose answers a test replaces by errors.

    Attributes:
        address: where it listens.
        fault: returns the status and the code of an error in place of an answer, or None; called with the method and
            the path of each request. None answers everything.
        written: how often each object was written.
    """

    def __init__(self, server):
        self.address = "http://{}:{}".format(*server.get_host_and_port())
        self._application = server._server.app
        server._server.app = self
        self.heal()

    def heal(self) -> None:
        """Answer everything again, and count from 0."""
        self.fault: Callable[[str, str], tuple[int, str] | None] | None = None
        self.written: collections.Counter[str] = collections.Counter()

    def __call__(self, environ, start_response):
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        fault = self.fault(method, path) if self.fault else None
        if fault is None:
            self.written[path] += method == "PUT"
            return self._application(environ, start_response)
        status, code = fault
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        body = f"<Error><Code>{code}</Code><Message>The server says {code}</Message></Error>".encode()
        start_response(f"{status} {code}", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
        return [body]


@pytest.fixture(scope="session")
def s3_server() -> Iterator[FaultyS3]:
    """An S3 server that lives in this process."""
    server_module = pytest.importorskip("moto.server")
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield FaultyS3(server)
    server.stop()


@pytest.fixture
def bucket(s3_server, monkeypatch) -> str:
    """The address of an empty bucket, which the environment gives access to."""
    pytest.importorskip("s3fs")
    import fsspec

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server.address)
    # Refused requests are repeated by what is tested, and not by the library below it too.
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    s3_server.heal()
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    system = fsspec.filesystem("s3")
    if system.exists("pictures"):
        system.rm("pictures", recursive=True)
    system.mkdir("pictures")
    return "s3://pictures"
