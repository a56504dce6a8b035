"""Memory in huge pages, where Linux gives them only to programs that ask for them.

A compiled program takes its memory anew each time it runs, from the operating system, in hundreds of megabytes. In
pages of 4 kB that costs a sixth of the time of a step of the full-width network at 512 px on a CPU.
"""

import os
import platform
import sys
from pathlib import Path

VARIABLE, VALUE = "GLIBC_TUNABLES", "glibc.malloc.hugetlb=1"
SETTING = Path("/sys/kernel/mm/transparent_hugepage/enabled")


def restart_with() -> None:
    """Starts this program once more in its own place, if that gets it huge pages; otherwise returns.

    glibc asks for them only if told so by the environment that a program starts in. Whoever has set its variable, to
    anything, has decided already. To be called by programs, not by the library, before they begin their work.
    """
    if VARIABLE in os.environ or platform.libc_ver()[0] != "glibc" or not _given_on_request():
        return
    sys.stdout.flush()
    sys.stderr.flush()
    os.environ[VARIABLE] = VALUE
    try:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    except OSError:
        # Slower, but as well.
        del os.environ[VARIABLE]


def _given_on_request() -> bool:
    try:
        return "[madvise]" in SETTING.read_text()
    except OSError:
        return False
