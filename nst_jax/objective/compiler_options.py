"""Options of XLA with which the large programs of this package compile sooner on a CPU."""

import functools
from typing import Any

import jax

# The former code generator, and fewer passes of LLVM. With the embedded network at 512 pixels, the evaluation of the
# default's objective compiles in 1.1 s instead of 2.1 s, and runs as fast: convolutions and matrix products, which are
# nearly all of its work, call libraries.
CPU_OPTIONS: dict[str, Any] = {"xla_cpu_use_fusion_emitters": False, "xla_backend_optimization_level": 1}


def compiler_options() -> dict[str, Any]:
    """Return the options for `jax.jit` and `jax.stages.Lowered.compile`.

    There are none on accelerators, where jax was told to skip most optimizations, and for options that this version of
    XLA does not know.
    """
    if jax.default_backend() != "cpu" or setting("jax_disable_most_optimizations"):
        return {}
    return {name: value for name, value in CPU_OPTIONS.items() if _is_known(name, value)}


def setting(name: str) -> Any:
    """Return a setting of jax, of either of its two kinds."""
    settings: Any = jax.config
    return getattr(settings, name) if hasattr(settings, name) else settings.read(name)


@functools.cache
def _is_known(name: str, value: Any) -> bool:
    """Ask XLA, by a program that does nothing; it takes some milliseconds."""
    try:
        jax.jit(lambda: 0).lower().compile(compiler_options={name: value})
    except jax.errors.JaxRuntimeError as error:
        if "No such compile option" not in str(error):
            raise
        return False
    return True
