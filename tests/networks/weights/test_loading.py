"""The search for a network: by path, in the cache, in the weights folder, or by download."""

import warnings
from pathlib import Path

import pytest

from nst_jax.errors import InputError
from nst_jax.files import cache_dir
from nst_jax.networks.weights import NetworkWarning, hdf5, load_network, loading
from nst_jax.networks.weights.random_init import random_network
from tests.networks.weights.mirrors import NOWHERE, Mirror, published


@pytest.fixture
def accelerator(monkeypatch):
    """Let the choice of the network assume a machine with a GPU."""
    monkeypatch.setattr(loading, "has_accelerator", lambda: True)


def test_auto_is_the_embedded_network_on_a_cpu(monkeypatch, body):
    monkeypatch.setattr(loading, "has_accelerator", lambda: False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_network("auto", published=published(body, NOWHERE)).sha256 == load_network("embedded").sha256


def test_every_backend_but_the_cpu_is_an_accelerator(monkeypatch):
    for backend, answer in (("cpu", False), ("gpu", True), ("tpu", True)):
        monkeypatch.setattr("jax.default_backend", lambda backend=backend: backend)
        assert loading.has_accelerator() == answer


def test_auto_downloads_once_and_then_uses_the_cache(accelerator, body, mirrors, tiny_network):
    mirrors += [Mirror(body)]
    known = published(body, mirrors[0].url)
    for name in ("auto", "vgg19", "auto"):
        assert load_network(name, published=known).sha256 == tiny_network.sha256
    assert mirrors[0].requests == 1


def test_auto_falls_back_with_a_warning(accelerator, body):
    with pytest.warns(NetworkWarning, match=r"small embedded network .* download .* --network"):
        network = load_network("auto", published=published(body, NOWHERE))
    assert network.sha256 == load_network("embedded").sha256


def test_vgg19_has_no_fallback(body):
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


def test_the_weights_folder_is_searched(tmp_path: Path, monkeypatch, body, tiny_network):
    (tmp_path / "network.h5").write_bytes(body)
    monkeypatch.setattr(loading, "bundled_dir", lambda _: tmp_path)
    assert load_network("vgg19", published=published(body, NOWHERE)).sha256 == tiny_network.sha256


def test_random_and_embedded_networks_and_files_are_not_downloaded(tmp_path, body, tiny_network):
    nowhere = published(body, NOWHERE)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_network("random", published=nowhere).sha256 == random_network().sha256
        assert load_network("embedded", published=nowhere).name == "VGG-19 slim"
        (tmp_path / "mine.h5").write_bytes(body)
        assert load_network(str(tmp_path / "mine.h5"), published=nowhere).sha256 == tiny_network.sha256


def test_torchvisions_network_is_found_once_it_is_converted(tmp_path, monkeypatch):
    monkeypatch.setattr(loading, "bundled_dir", lambda _: tmp_path / "weights")
    with pytest.raises(InputError, match=r"download https://\S+\.pth \(575 MB\) and run nst-jax-convert"):
        load_network("vgg19-torchvision")
    (tmp_path / "weights").mkdir()
    wide = random_network((64, 4, 6, 6, 8))
    hdf5.write(tmp_path / "weights" / loading.TORCHVISION_NAME, wide)
    assert load_network("vgg19-torchvision").sha256 == wide.sha256
    cache_dir().mkdir(parents=True)
    hdf5.write(cache_dir() / loading.TORCHVISION_NAME, random_network((4, 4, 6, 6, 8)))
    with pytest.raises(InputError, match="is not torchvision's VGG-19; move it away"):
        load_network("vgg19-torchvision")
