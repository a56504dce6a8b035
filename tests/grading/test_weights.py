"""The file of the encoder: written, read, and refused in a sentence when anything is wrong with it."""

import json

import jax
import numpy as np
import pytest

from nst_jax.errors import InputError
from nst_jax.files import bundled_dir
from nst_jax.grading import weights
from nst_jax.grading.autoencoder import random_parameters


def rewrite(path, change) -> None:
    """Change the arrays of a file, and leave the hash that it names as it is."""
    with np.load(path) as archive:
        arrays = dict(archive)
    change(arrays)
    np.savez(path, allow_pickle=False, **arrays)


def test_what_is_written_is_read_in_half_precision(encoder_file):
    read = weights.read(encoder_file)
    expected = random_parameters(3)["encoder"]
    assert read.name == "random"
    jax.tree.map(
        lambda one, other: np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-7), read.parameters, expected
    )
    assert len(read.sha256) == 64
    assert weights.read(encoder_file).sha256 == read.sha256


def test_the_bundled_file_is_small_and_whole():
    path = bundled_dir("weights") / weights.FILE_NAME
    assert path.stat().st_size < 1_000_000
    weights.read(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"missing; install nst-jax again\.$"):
        weights.read(tmp_path / "nothing.npz")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"<html>", b"version https://git-lfs"])
def test_another_file_is_refused(content, tmp_path):
    path = tmp_path / "grade.npz"
    path.write_bytes(content)
    with pytest.raises(
        InputError, match=r"is not a file of the grade's encoder, or it is damaged; install it again\.$"
    ):
        weights.read(path)


def test_half_a_file_and_the_fast_networks_file_are_refused(encoder_file):
    content = encoder_file.read_bytes()
    encoder_file.write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="damaged"):
        weights.read(encoder_file)
    with pytest.raises(InputError, match="is not a file of the grade's encoder"):
        weights.read(bundled_dir("weights") / "fast.npz")


def test_a_changed_parameter_is_noticed_by_the_hash(encoder_file):
    def change(arrays):
        arrays["inner/kernel"][0, 0, 0, 0] += 1

    rewrite(encoder_file, change)
    with pytest.raises(InputError, match=r"do not have the hash that it names; install it again\.$"):
        weights.read(encoder_file)


@pytest.mark.parametrize(
    "change",
    [
        lambda arrays: arrays.pop("code/bias"),
        lambda arrays: arrays.update({"more/bias": np.zeros(3, np.float16)}),
        lambda arrays: arrays.update({"code/bias": np.zeros(3, np.float16)}),
    ],
)
def test_missing_further_and_misshapen_parameters_are_refused(change, encoder_file):
    rewrite(encoder_file, change)
    with pytest.raises(InputError, match=r"lacks parameters of the grade's encoder, or has others"):
        weights.read(encoder_file)


def test_facts_that_are_no_facts_are_refused(encoder_file):
    rewrite(encoder_file, lambda arrays: arrays.update(facts=np.frombuffer(json.dumps([1]).encode(), np.uint8)))
    with pytest.raises(InputError, match="damaged"):
        weights.read(encoder_file)


@pytest.mark.parametrize("value", [np.nan, 1e6])
def test_parameters_that_half_precision_cannot_hold_are_not_written(value, tmp_path):
    parameters = random_parameters(0)["encoder"]
    parameters["code"]["bias"] = np.full(16, value, np.float32)
    with pytest.raises(InputError, match="not finite in half precision"):
        weights.write(tmp_path / "grade.npz", parameters, "broken")
    assert not (tmp_path / "grade.npz").exists()
