"""Options of XLA with which the large programs of this package compile sooner on a CPU."""

import functools
import os
from typing import Any

import jax

# The older code generator, without fusion emitters, and fewer passes of LLVM. With the embedded network at 512 pixels,
# the evaluation of the default's objective compiles in 1.1 s instead of 2.1 s, and runs as fast: convolutions and
# matrix products, which are nearly all of its work, call libraries.
CPU_OPTIONS: dict[str, Any] = {"xla_cpu_use_fusion_emitters": False, "xla_backend_optimization_level": 1}


def compiler_options() -> dict[str, Any]:
    """Return the options for `jax.jit` and `jax.stages.Lowered.compile`.

    It is empty on accelerators, and if jax skips most optimizations. Options that are set in XLA_FLAGS, or unknown to
    this version of XLA, are left out.
    """
    if jax.default_backend() != "cpu" or setting("jax_disable_most_optimizations"):
        return {}
    flags = os.environ.get("XLA_FLAGS", "")
    return {name: value for name, value in CPU_OPTIONS.items() if name not in flags and _is_known(name, value)}


def setting(name: str) -> Any:
    """Return a setting of jax, whether it is an attribute of `jax.config` or only readable by its method `read`."""
    settings: Any = jax.config
    return getattr(settings, name) if hasattr(settings, name) else settings.read(name)


@functools.cache
def _is_known(name: str, value: Any) -> bool:
    """Return whether XLA accepts an option, by compiling a trivial program, which takes some milliseconds."""
    try:
        jax.jit(lambda: 0).lower().compile(compiler_options={name: value})
    except jax.errors.JaxRuntimeError:
        return False
    return True
