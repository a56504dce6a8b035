"""Options of XLA by which the programs compile sooner: where there are any, and that results stay."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nst_jax.objective import compiler_options as module
from nst_jax.objective.compiler_options import CPU_OPTIONS, compiler_options
from nst_jax.objective.stored_programs import stored_program


@pytest.fixture
def optimized(optimized_programs):
    module._is_known.cache_clear()
    yield
    module._is_known.cache_clear()


def test_there_are_none_where_jax_skips_optimizations_anyway():
    assert compiler_options() == {}


def test_an_option_that_xla_does_not_know_is_left_out(optimized, monkeypatch):
    known = {name: value for name, value in CPU_OPTIONS.items() if name in compiler_options()}
    monkeypatch.setattr(module, "CPU_OPTIONS", {"xla_cpu_no_such_option": True, **CPU_OPTIONS})
    assert compiler_options() == known


def test_there_are_none_on_an_accelerator(optimized, monkeypatch):
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert compiler_options() == {}


def test_a_program_has_the_same_results_with_options_and_may_be_part_of_another(optimized):
    @stored_program(static=("power",))
    def raised(values, *, power):
        return jnp.sum(values**power, axis=1)

    values = np.random.default_rng(1).random((3, 50)).astype(np.float32)
    expected = (values.astype(np.float64) ** 3).sum(1)
    np.testing.assert_allclose(raised(values, power=3), expected, rtol=1e-6)
    assert raised.count() == 1
    outer = jax.jit(lambda values: raised(values, power=3) + 1)
    np.testing.assert_allclose(outer(values), expected + 1, rtol=1e-6)
    np.testing.assert_allclose(jax.vmap(lambda row: raised(row[None], power=3)[0])(jnp.asarray(values)), expected, 1e-6)
    raised.clear_cache()
    np.testing.assert_allclose(raised(values, power=3), expected, rtol=1e-6)
