"""Measurements that are repeated in new processes, since some differ from process to process."""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any, TypeVar

Value = TypeVar("Value")


def in_new_processes(count: int, function: Callable[..., Value], *arguments: Any) -> Iterator[Value]:
    """Call a function in as many new processes, one after the other, and yield what each returns.

    Args:
        count: the number of processes.
        function: a function of a module, which the process imports.
        arguments: its arguments; they and the results are pickled.
    """
    for _ in range(count):
        with new_process() as process:
            yield process.submit(function, *arguments).result()


def new_process() -> ProcessPoolExecutor:
    """Return a pool of one new process, which imports everything anew; its context ends it."""
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
