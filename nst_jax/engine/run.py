"""A run by the method that the recipe asks for: the optimization, or the fast network."""

from collections.abc import Iterator

from nst_jax.engine.problem import Problem
from nst_jax.engine.result import Progress


def run_problem(problem: Problem) -> Iterator[list[Progress]]:
    """Stylize a batch; see `multiscale.run_multiscale` and `fast_run.run_fast`.

    Args:
        problem: images, settings and network.

    Yields:
        The progress of each content.

    Raises:
        InputError: when settings and images do not match, or an image is too large for the memory.
    """
    # Imported here, because each method is slow to import and seldom needs the other.
    if problem.recipe.fast:
        from nst_jax.engine.fast_run import run_fast

        yield from run_fast(problem)
    else:
        from nst_jax.engine.multiscale import run_multiscale

        yield from run_multiscale(problem)
