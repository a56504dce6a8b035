"""The file of the decoder's parameters: what is read is what was written, and nothing else is taken for it."""

import dataclasses
import json
import re

import jax
import numpy as np
import pytest

from nst_jax.errors import InputError
from nst_jax.fast.weights import FILE_NAME, bundled, read, write
from nst_jax.files import bundled_dir
from nst_jax.networks.weights import load_network
from nst_jax.networks.weights.random_init import random_network


@pytest.fixture
def file(tmp_path, parameters, tiny_network):
    """A whole file."""
    path = tmp_path / "some.npz"
    write(path, parameters, tiny_network, "a decoder")
    return path


def changed(path, **changes):
    """Write the arrays of a file again with changes; None leaves one out."""
    with np.load(path) as archive:
        arrays = {key: archive[key] for key in archive.files} | changes
    np.savez(path, **{key: array for key, array in arrays.items() if array is not None})


def refused(path, network, message):
    """Check that a file is refused in one sentence that names it or the network."""
    with pytest.raises(InputError, match=message) as caught:
        read(path, network)
    (sentence,) = str(caught.value).splitlines()
    assert sentence.endswith((".", "out"))
    assert re.search(r"some\.npz|network", sentence)


def test_what_is_written_is_read_in_half_precision(file, parameters, tiny_network):
    weights = read(file, tiny_network)
    assert (weights.name, weights.network) == ("a decoder", tiny_network.sha256)
    assert jax.tree.structure(weights.parameters) == jax.tree.structure(parameters)
    for own, original in zip(jax.tree.leaves(weights.parameters), jax.tree.leaves(parameters), strict=True):
        assert own.dtype == np.float32
        np.testing.assert_array_equal(own, np.float16(original))


def test_the_hash_is_that_of_the_parameters(file, tmp_path, parameters, tiny_network):
    weights = read(file, tiny_network)
    other = tmp_path / "some.npz"
    write(other, weights.parameters, tiny_network, "another name")
    assert read(other, tiny_network).sha256 == weights.sha256
    moved = jax.tree.map(lambda leaf: leaf + (leaf.ndim == 4) * np.float32(0.1), weights.parameters)
    write(other, moved, tiny_network, "a decoder")
    assert read(other, tiny_network).sha256 != weights.sha256
    assert re.fullmatch("[0-9a-f]{64}", weights.sha256)


def test_a_missing_file(tmp_path, tiny_network):
    refused(tmp_path / "some.npz", tiny_network, "is missing; install nst-jax again")


@pytest.mark.parametrize("share", [0, 0.3, 0.9, 0.999])
def test_a_truncated_file(file, tiny_network, share):
    file.write_bytes(file.read_bytes()[: int(share * file.stat().st_size)])
    refused(file, tiny_network, "is not a file of the fast network, or it is damaged")


@pytest.mark.parametrize(
    ("mark", "offset"),
    [
        pytest.param(b"PK\x03\x04", 200, id="the packed data"),
        pytest.param(b"PK\x01\x02", 8, id="the encryption"),
        pytest.param(b"PK\x01\x02", 10, id="the compression"),
        pytest.param(b"PK\x01\x02", 16, id="the checksum"),
        pytest.param(b"PK\x05\x06", 12, id="the place of the contents"),
    ],
)
def test_a_damaged_byte(file, tiny_network, mark, offset):
    data = bytearray(file.read_bytes())
    data[data.index(mark, 200) + offset] ^= 0xFF
    file.write_bytes(bytes(data))
    refused(file, tiny_network, "is not a file of the fast network, or it is damaged")


def test_a_folder(tmp_path, tiny_network):
    (tmp_path / "some.npz").mkdir()
    refused(tmp_path / "some.npz", tiny_network, "is not a file of the fast network")


@pytest.mark.parametrize("content", ["text", "array", "archive", "pickle"])
def test_foreign_files(tmp_path, tiny_network, content):
    path = tmp_path / "some.npz"
    with path.open("wb") as file:
        if content == "text":
            file.write(b"not an archive")
        elif content == "array":
            np.save(file, np.zeros(3))
        elif content == "archive":
            np.savez(file, weights=np.zeros(3))
        else:
            np.savez(file, facts=np.array([{"name": 1}], object))
    refused(path, tiny_network, "is not a file of the fast network")


@pytest.mark.parametrize("facts", [b"", b"{", b"3", b"[]", b'{"name": "x"}', b"\xff\xfe", b'"name"'])
def test_a_description_that_is_none(file, tiny_network, facts):
    changed(file, facts=np.frombuffer(facts, np.uint8))
    refused(file, tiny_network, "is not a file of the fast network")


def test_parameters_that_are_missing_foreign_of_another_shape_or_not_finite(file, tiny_network):
    whole = file.read_bytes()
    with np.load(file) as archive:
        bias = archive["output/bias"]
    for changes, message in (
        ({"output/bias": None}, "does not have the parameters of the fast network .see output/bias"),
        ({"output/more": bias}, "does not have the parameters of the fast network .see output/more"),
        ({"output/bias": bias[:2]}, "does not have the parameters of the fast network .see output/bias"),
        ({"output/bias": bias * np.nan}, "is damaged: output/bias has values that are not finite"),
        ({"output/bias": np.full(3, np.inf, np.float16)}, "is damaged: output/bias has values that are not finite"),
        ({"output/bias": np.array(["a", "b", "c"])}, "is not a file of the fast network"),
    ):
        file.write_bytes(whole)
        changed(file, **changes)
        refused(file, tiny_network, message)


def test_another_network(file, tiny_network):
    other = random_network((4, 4, 6, 6, 8), seed=2)
    refused(file, other, "works with the embedded network only, not with random-filter VGG-19")


def test_a_network_without_the_layers(file, tiny_network):
    few = {name: each for name, each in tiny_network.convolutions.items() if name < "conv4"}
    refused(file, dataclasses.replace(tiny_network, convolutions=few), "needs relu4_1, which")


def test_parameters_too_large_for_half_precision_are_not_written(file, parameters, tiny_network):
    """An overflow would be found when the file is read, long after the training."""
    before = file.read_bytes()
    huge = parameters | {"output": {**parameters["output"], "bias": np.full(3, 1e6, np.float32)}}
    with pytest.raises(InputError, match="output/bias"):
        write(file, huge, tiny_network, "a decoder")
    assert file.read_bytes() == before


def test_the_bundled_parameters_belong_to_the_embedded_network():
    embedded = load_network("embedded")
    weights = bundled(embedded)
    assert weights.network == embedded.sha256
    assert weights.name
    path = bundled_dir("weights") / FILE_NAME
    assert path.stat().st_size < 4e6
    with np.load(path) as archive:
        assert json.loads(archive["facts"].tobytes())["network"] == embedded.sha256
