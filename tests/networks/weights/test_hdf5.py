"""Our weight format: what is kept, and files that are refused."""

import dataclasses

import h5py
import pytest

from nst_jax.errors import InputError
from nst_jax.networks.weights import hdf5
from tests.networks.weights.weight_files import same


def test_a_written_file_is_read_as_it_was(tmp_path, tiny_network):
    path = tmp_path / "new folder" / "tiny.h5"
    hdf5.write(path, tiny_network)
    again = hdf5.read(path)
    assert same(again, tiny_network)
    assert again.name == tiny_network.name
    assert [item.name for item in path.parent.iterdir()] == ["tiny.h5"]
    assert path.stat().st_mode & 0o444 == 0o444


def test_the_pooling_is_kept_and_an_unknown_one_refused(tmp_path, tiny_network):
    weights = dataclasses.replace(tiny_network, pooling="avg")
    hdf5.write(tmp_path / "avg.h5", weights)
    assert same(hdf5.read(tmp_path / "avg.h5"), weights)
    with h5py.File(tmp_path / "avg.h5", "r+") as file:
        file.attrs["pooling"] = "median"
    with pytest.raises(InputError, match="unknown pooling, 'median'"):
        hdf5.read(tmp_path / "avg.h5")
    with h5py.File(tmp_path / "avg.h5", "r+") as file:
        del file.attrs["pooling"]
    assert hdf5.read(tmp_path / "avg.h5").pooling == "max"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"\x89PNG\r\n\x1a\nxxxx", "PNG picture"),
        (b"PK\x03\x04xxxx", "zip archive"),
        (b"version https://git-lfs.github.com/spec/v1", "Git LFS pointer"),
        (b"something else", "some other file"),
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "damaged"),
    ],
)
def test_refusals_name_the_kind_of_file(tmp_path, content, message):
    (tmp_path / "network.h5").write_bytes(content)
    with pytest.raises(InputError, match=message):
        hdf5.read(tmp_path / "network.h5")


def test_truncated_and_missing_files_and_folders_are_refused(tmp_path, tiny_network):
    hdf5.write(tmp_path / "whole.h5", tiny_network)
    (tmp_path / "part.h5").write_bytes((tmp_path / "whole.h5").read_bytes()[:-2000])
    with pytest.raises(InputError, match="truncated"):
        hdf5.read(tmp_path / "part.h5")
    with pytest.raises(InputError, match="no weight file"):
        hdf5.read(tmp_path / "missing.h5")
    with pytest.raises(InputError, match="is a folder"):
        hdf5.read(tmp_path)
