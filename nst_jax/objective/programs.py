"""Compiled programs, of which a process keeps those for a bounded number of problems.

Each shape of content or style has programs of its own, which take about 40 MB, and jax never gives them up. A server
that meets new shapes all the time would grow without bound. Whatever runs on arrays of these shapes is therefore a
`program`, and when the runs of a process have needed too many, all are forgotten, to be compiled again when needed.
"""

import itertools
import threading
from collections.abc import Callable, Hashable
from typing import Any

import jax

from nst_jax.objective.allocator import return_freed_memory

# The number of problems, each of one scale, whose programs are kept; they take about half a gigabyte.
MOST_PROBLEMS = 12

# After forgetting so many times, jax forgets everything: its records of traced functions, which it keeps for up to
# thousands of shapes, take 4 MB for each. Other programs of the process are then compiled again at their next use.
ROUNDS = 3
_programs: list[Any] = []
_problems: set[Hashable] = set()
_rounds = itertools.count(1)
_lock = threading.Lock()


def program(**options: Any) -> Callable[[Callable[..., Any]], jax.stages.Wrapped]:
    """Return a decorator that compiles a function as `jax.jit` does, with the same options, and can forget it."""

    def decorate(function: Callable[..., Any]) -> jax.stages.Wrapped:
        compiled = jax.jit(function, **options)
        make_forgettable(compiled)
        return compiled

    return decorate


def make_forgettable(compiled: Any) -> None:
    """Let `forget` call the method `clear_cache` of an object that holds compiled programs."""
    _programs.append(compiled)


def make_room(problem: Hashable) -> None:
    """Clear all compiled programs if this problem is new and MOST_PROBLEMS others have programs already.

    Runs in progress in other threads recompile at their next step, which is slower but changes no result.

    Args:
        problem: a key of everything on which the compiled programs for one size of the image pyramid depend, such as
            the shapes of the images.
    """
    with _lock:
        if problem not in _problems and len(_problems) >= MOST_PROBLEMS:
            forget(everything=next(_rounds) % ROUNDS == 0)
        _problems.add(problem)


def forget(*, everything: bool = False) -> None:
    """Forget all programs, and give the memory back to the operating system.

    Args:
        everything: whether jax shall forget the programs of others in this process as well, and all records.
    """
    _problems.clear()
    for each in _programs:
        each.clear_cache()
    if everything:
        jax.clear_caches()  # type: ignore[no-untyped-call]
    return_freed_memory()
