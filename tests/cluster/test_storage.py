"""Storages: whole files or none, listings of any size, and sentences about what cannot be used."""

import errno
import os
import re

import pytest

from nst_jax.cluster.addresses import is_address
from nst_jax.cluster.storage import Storage
from nst_jax.cluster.storage_faults import persistently, redacted, storage_errors
from nst_jax.errors import InputError


@pytest.fixture(params=["local", "s3", "memory"])
def storage(request, tmp_path) -> Storage:
    if request.param == "local":
        return Storage(str(tmp_path / "out"))
    if request.param == "memory":
        made = Storage(f"memory://{tmp_path.name}")
        made.delete([entry.key for entry in made.files()])
        return made
    return Storage(f"{request.getfixturevalue('bucket')}/folder/out")


def test_files_are_written_listed_read_and_deleted(storage):
    assert list(storage.files()) == []
    assert storage.info("a.txt") is None
    with pytest.raises(FileNotFoundError):
        storage.read("a.txt")
    names = ["a.txt", "more/b c.txt", "more/deep/ü#?.txt"]
    for name in names:
        storage.write(name, name.encode())
    storage.write("a.txt", b"second")
    entries = {entry.key: entry for entry in storage.files()}
    assert sorted(entries) == sorted(names)
    assert storage.read("a.txt") == b"second"
    assert entries["a.txt"].size == 6
    assert {entry.key for entry in storage.files("more")} == set(names[1:])
    info = storage.info("a.txt")
    assert info is not None
    assert info.version == entries["a.txt"].version
    assert info.modified > 0
    with storage.open("more/b c.txt") as file:
        file.seek(5)
        assert file.read() == b"b c.txt"
    storage.delete([*names, "never-there"])
    assert list(storage.files()) == []


def test_a_new_version_of_a_file_is_seen(storage):
    storage.write("a", b"first")
    before = storage.info("a")
    storage.write("a", b"other bytes")
    assert storage.info("a").version != before.version


def test_what_a_killed_process_left_half_written_is_not_listed(storage):
    storage.write("a.json", b"whole")
    storage.write(".nst-jax-abc.json", b"ha")
    assert [entry.key for entry in storage.files()] == ["a.json"]


def test_s3_is_listed_page_by_page(bucket, monkeypatch):
    storage = Storage(f"{bucket}/many")
    for number in range(7):
        storage.write(f"{'deep/' * (number % 2)}{number}.txt", b"1")
    real, pages = storage.fs.call_s3, []

    def small_pages(method, **options):
        pages.append(options["Prefix"])
        return real(method, MaxKeys=2, **options)

    monkeypatch.setattr(storage.fs, "call_s3", small_pages)
    assert len({entry.key for entry in storage.files()}) == 7
    assert len(pages) >= 4


@pytest.mark.parametrize("moment", ["before", "between"])
def test_a_write_that_is_cut_off_leaves_the_old_file(tmp_path, monkeypatch, moment):
    storage = Storage(str(tmp_path / "out"))
    storage.write("a", b"old")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync" if moment == "before" else "replace", fail)
    with pytest.raises(InputError, match=r"No space left on device.*; make room there"):
        storage.write("a", b"new")
    monkeypatch.undo()
    assert storage.read("a") == b"old"
    assert [entry.key for entry in storage.files()] == ["a"]


def test_faults_that_pass_are_tried_again(monkeypatch):
    waits = []
    monkeypatch.setattr("nst_jax.cluster.storage_faults.time.sleep", waits.append)
    answers = iter([ConnectionError("gone"), RuntimeError("busy"), "here"])

    def call():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert persistently(call) == "here"
    assert waits == [1.0, 4.0]

    def missing():
        raise FileNotFoundError

    with pytest.raises(FileNotFoundError):
        persistently(missing)
    assert len(waits) == 2


@pytest.mark.parametrize(
    ("error", "tries"),
    [
        (OSError(errno.EBUSY, "slow down"), 4),
        (OSError(errno.EIO, "what no table of errors has"), 4),
        (TimeoutError("no answer"), 4),
        (OSError(errno.ENOSPC, "full"), 1),
        (PermissionError("not yours"), 1),
        (TypeError("a defect"), 1),
    ],
)
def test_what_will_not_pass_is_not_tried_again(monkeypatch, error, tries):
    monkeypatch.setattr("nst_jax.cluster.storage_faults.WAITS", (0.0, 0.0, 0.0))
    calls = []

    def call():
        calls.append(1)
        raise error

    with pytest.raises(type(error)):
        persistently(call)
    assert len(calls) == tries


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "(Disk quota exceeded); make room there"),
        (PermissionError("Access Denied."), "(Access Denied); check the address"),
        (RuntimeError("what it says"), "(RuntimeError: what it says); check the address"),
    ],
)
def test_the_sentence_says_what_to_do(error, sentence):
    expected = re.escape(f"s3://bucket/a cannot be written to {sentence}")
    with pytest.raises(InputError, match=expected), storage_errors("s3://me:secret@bucket/a"):
        raise error


def test_addresses_are_told_from_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert is_address("s3://bucket/a")
    assert is_address("simplecache::s3://bucket/a")
    assert is_address("file:///tmp/a")
    assert not is_address("photos")
    assert not is_address("C:\\photos")
    assert redacted("s3://user:secret@bucket/a") == "s3://bucket/a"


@pytest.mark.parametrize("address", ["nothing://bucket/a", "hdfs3x://a"])
def test_an_address_of_an_unknown_kind_is_a_sentence(address):
    with pytest.raises(InputError, match="no address that can be opened"):
        Storage(address)


def test_an_output_that_cannot_be_written_to_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(InputError, match="cannot be written to"):
        Storage(str(tmp_path / "file" / "out")).check_writable()
