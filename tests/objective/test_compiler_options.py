"""Options of XLA by which the programs compile sooner: where there are any, and that results stay."""

import gc

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.objective import compiler_options as module
from nst_jax.objective import programs
from nst_jax.objective.compiler_options import CPU_OPTIONS, compiler_options, setting
from nst_jax.objective.stored_programs import stored_program


@pytest.fixture
def optimized(optimized_programs, monkeypatch):
    monkeypatch.delenv("XLA_FLAGS", raising=False)
    module._is_known.cache_clear()
    yield
    module._is_known.cache_clear()


def test_there_are_none_where_jax_skips_optimizations_anyway():
    assert compiler_options() == {}


def test_an_option_that_xla_does_not_know_is_left_out(optimized, monkeypatch):
    monkeypatch.setattr(module, "CPU_OPTIONS", {"xla_cpu_no_such_option": True, **CPU_OPTIONS})
    assert compiler_options() == CPU_OPTIONS


def test_what_the_user_sets_is_left_out(optimized, monkeypatch):
    name, *others = CPU_OPTIONS
    monkeypatch.setenv("XLA_FLAGS", f"--xla_something_else=1 --{name}=true")
    assert [*compiler_options()] == others


def test_there_are_none_on_an_accelerator(optimized, monkeypatch):
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert compiler_options() == {}


@stored_program(static=("power",))
def raised(values, *, power):
    return jnp.sum(values**power, axis=1)


VALUES = np.random.default_rng(1).random((3, 50)).astype(np.float32)
CUBES = (VALUES.astype(np.float64) ** 3).sum(1)


@pytest.fixture(params=["kept", "not kept"])
def folder(request, optimized):
    """With a folder for compiled programs, or without."""
    before = setting("jax_compilation_cache_dir")
    if request.param == "not kept":
        jax.config.update("jax_compilation_cache_dir", None)
    raised.clear_cache()
    yield request.param
    jax.config.update("jax_compilation_cache_dir", before)
    raised.clear_cache()


def test_a_program_is_compiled_with_the_options(folder, monkeypatch):
    compiled, compile_one = [], jax._src.compiler.backend_compile_and_load

    def record(backend, program, devices, options, *rest):
        compiled.append(dict(options.env_option_overrides))
        return compile_one(backend, program, devices, options, *rest)

    monkeypatch.setattr(jax._src.compiler, "backend_compile_and_load", record)
    np.testing.assert_allclose(raised(VALUES, power=3), CUBES, rtol=1e-6)
    assert dict(CPU_OPTIONS) in compiled
    assert raised.count() == 1


def test_a_program_may_be_part_of_another(folder):
    outer = jax.jit(lambda values: raised(values, power=3) + 1)
    np.testing.assert_allclose(outer(VALUES), CUBES + 1, rtol=1e-6)
    rows = jax.vmap(lambda row: raised(row[None], power=3)[0])
    np.testing.assert_allclose(rows(jnp.asarray(VALUES)), CUBES, rtol=1e-6)


@pytest.mark.parametrize("folder", ["not kept"], indirect=True)
def test_forgotten_programs_are_freed(folder):
    @stored_program()
    def doubled(values):
        return 2 * values

    def alive():
        gc.collect()
        return len(jax.devices()[0].client.live_executables())

    programs.forget(everything=True)
    others = alive()
    doubled(VALUES)
    assert alive() == others + 1
    programs.forget()
    assert doubled.count() == 0
    assert alive() == others
    np.testing.assert_allclose(doubled(VALUES), 2 * VALUES)
