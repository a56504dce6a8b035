"""The allocator gives large blocks back."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from nst_jax.objective import allocator

# Prints the resident pages before and after blocks of 8 MB are freed; the first block raises glibc's own threshold.
PROGRAM = """
import sys
import numpy as np
from nst_jax.objective.allocator import return_large_blocks

def resident():
    return int(open("/proc/self/statm").read().split()[1])

if sys.argv[1] == "return":
    return_large_blocks()
np.ones(2**22)
before = resident()
blocks = [np.ones(2**20) for _ in range(8)]
wall = np.ones(2**10)
del blocks
print((resident() - before) * 4096)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc" or not Path("/proc").exists(), reason="it is for glibc on Linux")
def test_freed_blocks_are_given_back():
    def kept(how):
        command = [sys.executable, "-c", PROGRAM, how]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    assert kept("return") < 2**23
    # Some pages more or less come from elsewhere.
    assert kept("return") <= kept("keep") + 2**16


def test_another_c_library_is_left_alone(monkeypatch):
    class Library:
        def mallopt(self, *_):
            raise AssertionError("called")

        malloc_trim = mallopt

    monkeypatch.setattr(allocator.ctypes, "CDLL", lambda _: Library())
    allocator.return_large_blocks()
    allocator.return_freed_memory()
