"""The command line within the process of the tests: fast, and what it prints is caught."""

import contextlib
import re
import warnings
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from nst_jax.cli.main import main
from tests.conftest import QUICK


class Outcome(NamedTuple):
    """The exit code of a command and what it printed."""

    returncode: int
    stdout: str
    stderr: str


# The options for the network and the recipe that most runs of the tests share.
QUICK_OPTIONS = [
    *("--network", "tiny.h5", "--size", str(QUICK["size"]), "--optimizer", "lbfgs", "--jitter", "0"),
    *("--start-colors", "content", "--style-layers", *QUICK["style_layers"], "--style-layer-weights"),
    *("--content-layers", *QUICK["content_layers"]),
]


@contextlib.contextmanager
def warnings_as_in_a_program() -> Iterator[None]:
    """Let warnings be shown, as they are in a program of its own, where the tests make them errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("default", UserWarning)
        yield


@pytest.fixture
def stylize(image_folder, capsys) -> Callable[..., Outcome]:
    """A function that runs the command `nst-jax` with the given words in a folder with a content and a style."""

    def run(*arguments: str) -> Outcome:
        capsys.readouterr()
        with warnings_as_in_a_program():
            code = main([str(each) for each in arguments])
        return Outcome(code, *capsys.readouterr())

    return run


def assert_refused(done: Outcome, message: str) -> None:
    """Check that a command ended with exit code 2 and with one line on stderr, about the error."""
    assert done.returncode == 2, done.stderr
    assert re.search(message, done.stderr), done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.strip().splitlines()) == 1
