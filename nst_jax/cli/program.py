"""The frame of every program: its console, its signals, and an exit code for every way to end."""

import contextlib
import sys
from collections.abc import Callable

from nst_jax import huge_pages
from nst_jax.cli.console import safe_console
from nst_jax.cli.signals import GRACE_SECONDS, Stopped, StopRequests, hold, release
from nst_jax.errors import InputError, print_error


def run_program(
    work: Callable[[StopRequests], int | None],
    *,
    may_be_own: bool = True,
    grace: float = GRACE_SECONDS,
    sentence: str = "Stopped before there was a picture.",
) -> int:
    """Run a program and return its exit code.

    If the process is our own (see `huge_pages.is_own_program`), it is restarted first where that provides huge pages.

    Args:
        work: the program; it gets the requests to stop and returns an exit code, None for success.
        may_be_own: False for a call with arguments from another program, whose process is never our own.
        grace: as for `StopRequests`.
        sentence: as for `StopRequests`.

    Returns:
        What `work` returns; 2 for errors that the user can correct, printed in one sentence; 128 plus the number of the
        signal that stopped the program.
    """
    with contextlib.ExitStack() as stack:
        # Signals must neither be lost in a restart nor arrive before their handler is there.
        hold()
        try:
            own = may_be_own and huge_pages.is_own_program()
            if own:
                huge_pages.restart_with_huge_pages()
            stack.enter_context(safe_console(own))
            stop = stack.enter_context(StopRequests(own, grace, sentence))
        finally:
            release()
        try:
            return work(stop) or 0
        except InputError as error:
            return print_error(error)
        except SystemExit as ending:
            return _code(ending)
        except (Stopped, KeyboardInterrupt):
            # Declares that the process is not to be ended by the watching thread, which would say the same once more.
            stop.must_save()
            print(stop.sentence, file=sys.stderr)
            return stop.exit_code


def run_script(work: Callable[[], object], *, configure: bool = True) -> int:
    """Run a script that has nothing to save when it is stopped, and return its exit code.

    Args:
        work: the script.
        configure: whether to import and configure jax first (see `process.configure`); False for scripts that do not
            use it, or that measure it as it is.
    """

    def run(_: StopRequests) -> None:
        if configure:
            # Not needed before a restart, so not imported then.
            from nst_jax import process

            process.configure()
        work()

    return run_program(run, grace=0.0, sentence="Stopped.")


def _code(ending: SystemExit) -> int:
    if isinstance(ending.code, str):
        print(ending.code, file=sys.stderr)
        return 1
    return ending.code or 0
