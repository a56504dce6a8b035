"""The configuration of the process: it keeps compiled programs, and collects no garbage while it imports."""

import gc
import os
import threading

import pytest

import nst_jax
from nst_jax import process


def test_programs_that_a_killed_process_has_half_written_are_removed(tmp_path):
    for name in ("whole-cache", "whole-atime", "half-cache", "other"):
        (tmp_path / name).write_text("")
    process._tidy(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} - {".lockfile"} == {"whole-cache", "whole-atime", "other"}


def test_the_programs_that_were_used_last_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(process, "MOST_PROGRAMS", 2)
    for age, name in enumerate("badc"):
        for suffix in ("-cache", "-atime"):
            (tmp_path / f"{name}{suffix}").write_text("")
            os.utime(tmp_path / f"{name}{suffix}", (1000 - age, 1000 - age))
    process._tidy(tmp_path)
    assert {path.name for path in tmp_path.glob("*-*")} == {"a-cache", "a-atime", "b-cache", "b-atime"}


def test_a_cache_folder_that_cannot_be_made_costs_a_warning(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NST_JAX_CACHE", str(tmp_path / "file"))
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    with pytest.warns(UserWarning, match="cannot be kept in"):
        process.enable_compilation_cache()


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("frozen", [True, False])
def test_no_collection_moves_objects_to_the_oldest_generation_and_leaves_what_is_frozen(frozen, enabled, monkeypatch):
    # Other tests may have run `configure` in this process.
    monkeypatch.setattr(process, "_frozen", threading.Event())
    gc.unfreeze()
    (gc.enable if enabled else gc.disable)()
    if frozen:
        gc.freeze()
    before = gc.get_freeze_count()
    try:
        with process.no_collection():
            assert not gc.isenabled()
            made = [[]]
        assert gc.isenabled() == enabled
        assert gc.get_freeze_count() == before
        assert any(each is made for each in gc.get_objects(generation=2)) == (not frozen)
    finally:
        gc.unfreeze()
        gc.enable()


def test_a_collection_is_possible_after_an_import_that_fails():
    with pytest.raises(ImportError), process.no_collection():
        raise ImportError
    assert gc.isenabled()


def test_a_function_that_is_imported_already_is_found_without_touching_the_collector(monkeypatch):
    assert callable(nst_jax.stylize)
    monkeypatch.setattr(gc, "disable", lambda: pytest.fail("the collector is paused again"))
    assert callable(nst_jax.stylize)
