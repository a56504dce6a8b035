"""The C library's allocator, told to give memory back to the system."""

import contextlib
import ctypes

# Blocks of this many bytes or more are given back when they are freed. Left to itself, glibc keeps blocks of up to
# 32 MB for later use: at 2048 pixels in tiles, 0.3 GB.
BLOCK_BYTES = 2**20
_M_MMAP_THRESHOLD = -3  # of glibc's malloc.h


def return_large_blocks() -> None:
    """Have freed blocks of BLOCK_BYTES or more given back to the system, for the rest of the process.

    It does nothing where the C library is not glibc. Steps in tiles of 256 pixels take 4 % more processor time (an
    image of 1024 x 683 pixels), those in tiles of 512 pixels no more.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):
        library = ctypes.CDLL(None)
        # Other C libraries may have a function of this name with other options.
        library.gnu_get_libc_version  # noqa: B018
        library.mallopt(_M_MMAP_THRESHOLD, BLOCK_BYTES)
