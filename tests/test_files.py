"""Files: written completely or not at all, without touching anything else."""

import os
import stat
import threading
from pathlib import Path

import pytest

from nst_jax.files import TEMPORARY_PREFIX, atomic_write, remove_unfinished

posix = pytest.mark.skipif(os.name != "posix", reason="needs links, pipes and permissions of POSIX")


def write(path, text="new"):
    with atomic_write(path) as temporary:
        temporary.write_text(text)


def left_over(folder):
    return [path for path in folder.iterdir() if path.name.startswith(TEMPORARY_PREFIX)]


@posix
def test_a_link_stays_and_its_target_is_replaced(tmp_path):
    (tmp_path / "folder").mkdir()
    target, link = tmp_path / "folder" / "target.png", tmp_path / "link.png"
    target.write_text("old")
    (tmp_path / "second.png").symlink_to("folder/target.png")
    link.symlink_to("second.png")
    write(link)
    assert link.is_symlink()
    assert (tmp_path / "second.png").is_symlink()
    assert target.read_text() == "new"
    target.unlink()
    write(link, "made")
    assert target.read_text() == "made"


@posix
def test_a_named_pipe_is_written_to(tmp_path):
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write(pipe)
    reader.join(60)
    assert read == ["new"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert not left_over(tmp_path)


def test_a_device_is_written_to():
    with open(os.devnull, "rb") as before:
        kind = os.fstat(before.fileno()).st_mode
    write(Path(os.devnull))
    assert os.stat(os.devnull).st_mode == kind


@posix
def test_permissions(tmp_path):
    path = tmp_path / "a.png"
    before = os.umask(0o027)
    try:
        write(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
        path.chmod(0o604)
        write(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o604
    finally:
        os.umask(before)


@pytest.mark.parametrize("name", ["x" * 251 + ".png", "x." + "y" * 253, "結" * 83 + ".png"])
def test_names_may_be_as_long_as_the_system_allows(tmp_path, name):
    write(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_an_error_leaves_nothing(tmp_path):
    path = tmp_path / "a.png"
    path.write_text("old")

    def fail():
        with atomic_write(path) as temporary:
            temporary.write_text("half")
            assert temporary.suffix == ".png"
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert path.read_text() == "old"
    assert not left_over(tmp_path)


def test_what_is_unfinished_can_be_removed(tmp_path):
    def remove():
        with atomic_write(tmp_path / "a.png") as temporary:
            temporary.write_text("half")
            remove_unfinished()
            assert not left_over(tmp_path)

    with pytest.raises(FileNotFoundError):
        remove()
    remove_unfinished()
    assert not list(tmp_path.iterdir())
