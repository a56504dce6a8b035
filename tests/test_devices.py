"""The device: what jax computes on, and what is said where it cannot."""

import os
import sys
import types

import jax
import pytest

from nst_jax import devices
from nst_jax.errors import InputError
from tests.integration.programs import ROOT, SCRIPT, run_program


def failing(error: Exception):
    """A function that raises an error."""

    def fails(*_, **__):
        raise error

    return fails


@pytest.mark.parametrize("error", [AssertionError(), RuntimeError("Unable to initialize backend 'cuda': no driver")])
def test_without_any_device_the_cpu_is_recommended(monkeypatch, error):
    monkeypatch.setattr(jax, "default_backend", failing(error))
    monkeypatch.delenv("JAX_PLATFORM_NAME", raising=False)
    monkeypatch.setitem(jax.config.values, "jax_platforms", "")
    with pytest.raises(InputError, match=r"^jax finds no device to compute on \(.*\); set JAX_PLATFORMS=cpu "):
        devices.has_accelerator()


def test_a_memory_that_the_system_tells_in_another_way(monkeypatch):
    """Windows has no os.sysconf; there the package psutil is installed."""
    monkeypatch.delattr(os, "sysconf", raising=False)
    memory = types.SimpleNamespace(total=2**34)
    monkeypatch.setitem(sys.modules, "psutil", types.SimpleNamespace(virtual_memory=lambda: memory))
    if jax.default_backend() == "cpu":
        assert devices.memory_bytes() == 2**34


@pytest.mark.parametrize(("text", "expected"), [("2000000\n", 2_000_000), ("max\n", None), (None, None)])
def test_a_container_may_have_less_memory_than_the_machine(monkeypatch, tmp_path, text, expected):
    monkeypatch.setattr(devices, "CONTAINER_LIMITS", (tmp_path / "missing", tmp_path / "memory.max"))
    if text is not None:
        (tmp_path / "memory.max").write_text(text)
    if jax.default_backend() == "cpu":
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        assert devices.memory_bytes() == (expected or whole)


def test_jax_that_cannot_be_loaded_is_one_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(InputError, match=r"^jax cannot be loaded: .*; correct that setting, or install jax again\.$"):
        devices.load_jax()


@pytest.mark.parametrize("wanted", ["cuda", "gpu", "nonsense", "cpu,nonsense"])
def test_a_platform_that_is_not_there_is_named_with_those_that_are(monkeypatch, wanted):
    monkeypatch.setenv("JAX_PLATFORMS", wanted)
    code = (
        "import jax, nst_jax\n"
        "for _ in range(2):\n"
        "    try:\n"
        "        nst_jax.load_network('auto')\n"
        "    except nst_jax.InputError as error:\n"
        "        print(error)\n"
        "    else:\n"
        "        print(jax.default_backend())\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    done = run_program("-c", code)
    assert done.stderr == ""
    first, second = done.stdout.splitlines()
    assert first == second
    if first not in ("gpu", "cuda"):
        assert first.startswith(f"jax cannot compute on {wanted}, which JAX_PLATFORMS asks for (")
        assert "cpu: set JAX_PLATFORMS=" in first


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [("JAX_PLATFORMS", "nonsense", "cannot compute on nonsense"), ("JAX_ENABLE_X64", "maybe", "'JAX_ENABLE_X64'")],
)
def test_a_wrong_variable_of_jax_ends_the_program_with_one_sentence(
    image_folder, monkeypatch, variable, value, message
):
    monkeypatch.setenv(variable, value)
    done = run_program(SCRIPT, "content.png", "style.png")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: jax cannot ")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
