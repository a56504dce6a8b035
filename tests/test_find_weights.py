"""How a network is found: by path, in the cache, in weights/, by download from one mirror or another, or not at all."""

import hashlib
import http.server
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from nst_jax.errors import InputError
from nst_jax.files import cache_dir
from nst_jax.networks.weights import NetworkWarning, hdf5, load_network, loading
from nst_jax.networks.weights.download import DownloadError, download
from nst_jax.networks.weights.pretrained import KnownFile
from nst_jax.networks.weights.random_init import random_network


class Mirror(http.server.ThreadingHTTPServer):
    """A server on this machine that plays a list of replies: bytes, or an error code, or part of the bytes."""

    def __init__(self, *replies: bytes | int | tuple[bytes, int]):
        self.replies, self.asked = list(replies), 0
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/network.h5"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Mirror

    def do_GET(self) -> None:
        reply = self.server.replies[min(self.server.asked, len(self.server.replies) - 1)]
        self.server.asked += 1
        if isinstance(reply, int):
            self.send_error(reply)
            return
        body, sent = reply if isinstance(reply, tuple) else (reply, len(reply))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:sent])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def mirrors() -> Iterator[list[Mirror]]:
    opened: list[Mirror] = []
    yield opened
    for mirror in opened:
        mirror.shutdown()
        mirror.server_close()


@pytest.fixture(scope="module")
def body(tmp_path_factory, tiny_network) -> bytes:
    path = tmp_path_factory.mktemp("network") / "network.h5"
    hdf5.write(path, tiny_network)
    return path.read_bytes()


def published(body: bytes, *urls: str) -> KnownFile:
    return KnownFile("network.h5", len(body), hashlib.md5(body).hexdigest(), urls)


# Nothing listens on the discard port of this machine: the connection is refused at once.
NOWHERE = "http://127.0.0.1:9/network.h5"


def test_the_first_mirror_serves(tmp_path, body, mirrors):
    mirrors += [Mirror(body), Mirror(404)]
    path = download(published(body, *(mirror.url for mirror in mirrors)), tmp_path)
    assert path.read_bytes() == body
    assert [mirror.asked for mirror in mirrors] == [1, 0]


@pytest.mark.parametrize("bad", [404, b"other bytes", 0])
def test_the_second_mirror_helps_out(tmp_path, body, mirrors, bad):
    mirrors += [Mirror(bad or (body, 100)), Mirror(body)]
    path = download(published(body, *(mirror.url for mirror in mirrors)), tmp_path)
    assert path.read_bytes() == body
    assert [item.name for item in tmp_path.iterdir()] == ["network.h5"]


def test_a_broken_transfer_is_tried_again(tmp_path, body, mirrors):
    mirrors += [Mirror((body, 100), 503, body)]
    assert download(published(body, mirrors[0].url), tmp_path).read_bytes() == body
    assert mirrors[0].asked == 3


def test_wrong_checksums_leave_nothing_behind(tmp_path, body, mirrors):
    mirrors += [Mirror(b"other bytes")]
    with pytest.raises(DownloadError, match="wrong checksum"):
        download(published(body, mirrors[0].url), tmp_path)
    assert not list(tmp_path.iterdir())
    assert mirrors[0].asked == 3


def test_no_network_is_noticed_at_once(tmp_path, body):
    with pytest.raises(DownloadError, match="could not be reached"):
        download(published(body, NOWHERE, NOWHERE), tmp_path)


def test_the_progress_bar_is_fed(tmp_path, body, mirrors):
    class Bar:
        total, seen = 0, 0

        def update(self, amount):
            self.seen += amount

        def reset(self):
            self.seen = 0

        def close(self):
            assert self.seen == self.total == len(body)
            closed.append(self)

    closed: list[Bar] = []
    mirrors += [Mirror(body)]
    download(published(body, mirrors[0].url), tmp_path, Bar)
    assert len(closed) == 1


@pytest.fixture
def accelerator(monkeypatch):
    """A machine with a GPU, as far as the choice of the network goes."""
    monkeypatch.setattr(loading, "has_accelerator", lambda: True)


def test_auto_takes_the_embedded_network_on_a_cpu(monkeypatch, body):
    monkeypatch.setattr(loading, "has_accelerator", lambda: False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_network("auto", published=published(body, NOWHERE)).sha256 == load_network("embedded").sha256


def test_an_accelerator_is_what_is_no_cpu(monkeypatch):
    for backend, answer in (("cpu", False), ("gpu", True), ("tpu", True)):
        monkeypatch.setattr("jax.default_backend", lambda backend=backend: backend)
        assert loading.has_accelerator() == answer


def test_auto_downloads_once_and_then_takes_the_cache(accelerator, body, mirrors, tiny_network):
    mirrors += [Mirror(body)]
    known = published(body, mirrors[0].url)
    for name in ("auto", "vgg19", "auto"):
        assert load_network(name, published=known).sha256 == tiny_network.sha256
    assert mirrors[0].asked == 1


def test_auto_falls_back_with_a_warning(accelerator, body):
    with pytest.warns(NetworkWarning, match=r"small embedded network .* download .* --network"):
        network = load_network("auto", published=published(body, NOWHERE))
    assert network.sha256 == load_network("embedded").sha256


def test_vgg19_insists(body):
    with pytest.raises(InputError, match=r"could not be reached.* To do it by hand, download"):
        load_network("vgg19", published=published(body, NOWHERE))


def test_a_damaged_file_in_the_cache_is_refused(accelerator, body):
    cache = cache_dir()
    cache.mkdir(parents=True)
    (cache / "network.h5").write_bytes(body[:-1])
    with pytest.raises(InputError, match="bytes instead of"):
        load_network("auto", published=published(body, NOWHERE))
    (cache / "network.h5").write_bytes(body[:-1] + b"!")
    with pytest.raises(InputError, match="wrong checksum"):
        load_network("auto", published=published(body, NOWHERE))


def test_a_converted_file_must_be_the_pretrained_network(accelerator, body, tiny_network):
    hdf5.write(cache_dir() / loading.CONVERTED_NAME, tiny_network)
    with pytest.raises(InputError, match="not the whole pretrained VGG-19"):
        load_network("auto", published=published(body, NOWHERE))


def test_weights_folder_is_looked_at(tmp_path: Path, monkeypatch, body, tiny_network):
    (tmp_path / "network.h5").write_bytes(body)
    monkeypatch.setattr(loading, "folder", lambda _: tmp_path)
    assert load_network("vgg19", published=published(body, NOWHERE)).sha256 == tiny_network.sha256


def test_the_others_need_no_network(tmp_path, body, tiny_network):
    nowhere = published(body, NOWHERE)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_network("random", published=nowhere).sha256 == random_network().sha256
        assert load_network("embedded", published=nowhere).name == "VGG-19 slim"
        (tmp_path / "mine.h5").write_bytes(body)
        assert load_network(str(tmp_path / "mine.h5"), published=nowhere).sha256 == tiny_network.sha256


def test_torchvisions_network_is_found_once_it_was_converted(tmp_path, monkeypatch):
    monkeypatch.setattr(loading, "folder", lambda _: tmp_path / "weights")
    with pytest.raises(InputError, match=r"download https://\S+\.pth \(575 MB\) and run python scripts/"):
        load_network("vgg19-torchvision")
    (tmp_path / "weights").mkdir()
    wide = random_network((64, 4, 6, 6, 8))
    hdf5.write(tmp_path / "weights" / loading.TORCHVISION_NAME, wide)
    assert load_network("vgg19-torchvision").sha256 == wide.sha256
    cache_dir().mkdir(parents=True)
    hdf5.write(cache_dir() / loading.TORCHVISION_NAME, random_network((4, 4, 6, 6, 8)))
    with pytest.raises(InputError, match="is not torchvision's VGG-19; move it away"):
        load_network("vgg19-torchvision")
