"""The backend is free of a fault of some JAX releases."""

import json
import os
import subprocess
import sys

# Prints the sizes and dtypes for which some values are wrong.
PROGRAM = """
import json
import jax, jax.numpy as jnp

jax.config.update("jax_enable_x64", True)

def squared_norms(x):
    return jax.vmap(lambda row: jnp.sum((jnp.eye(3, dtype=x.dtype) @ row) ** 2))(x)

wrong, checked = [], 0
for dtype in ("float32", "float64"):
    for size in (16_385, 32_769):
        numbers = jnp.arange(size, dtype=dtype)
        x = jnp.stack((numbers, jnp.zeros_like(numbers), jnp.zeros_like(numbers)), axis=1)
        norms = jax.jit(squared_norms)(x)
        assert norms.dtype == dtype
        if not jnp.array_equal(norms, numbers**2):
            wrong.append([size, dtype])
        checked += 1
print(json.dumps([checked, wrong]))
"""


def test_reductions_after_a_batched_product_are_right():
    """jax-ml/jax#39103: 0.10.2, 0.11.0 and 0.11.1 lose the last rows on CPUs. If this fails, use another release.

    In a process of its own, which compiles as the program does, unlike these tests.
    """
    changed = {"XLA_FLAGS", "JAX_DISABLE_MOST_OPTIMIZATIONS", "JAX_COMPILATION_CACHE_DIR"}
    environment = {name: value for name, value in os.environ.items() if name not in changed}
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, env=environment, check=True)
    assert json.loads(done.stdout) == [4, []]
