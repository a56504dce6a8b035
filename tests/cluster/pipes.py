"""Named pipes by which processes tell a test where they are, and wait for it."""

import contextlib
import os
import select
from pathlib import Path

# Seconds after which a test fails because nothing happens.
PATIENCE = 120.0


class Pipe:
    """A pipe that a test reads and other processes write to.

    Args:
        path: its file, which is created.
    """

    def __init__(self, path: Path):
        os.mkfifo(path)
        self.path = path
        # Also for writing, so that neither the test nor the others wait for each other to open it.
        self._file = os.open(path, os.O_RDWR)
        self._text = ""

    def line(self) -> str:
        """Wait for a line, and return it."""
        while "\n" not in self._text:
            readable, _, _ = select.select([self._file], [], [], PATIENCE)
            assert readable, f"nothing was written to {self.path}"
            self._text += os.read(self._file, 4096).decode()
        line, _, self._text = self._text.partition("\n")
        return line

    def line_with(self, text: str) -> str:
        """Wait for a line that has a text in it."""
        while text not in (line := self.line()):
            pass
        return line

    def close(self) -> None:
        """Close the pipe."""
        os.close(self._file)


class Gate:
    """A gate that processes wait at until a test opens it, once and for all.

    Args:
        path: its file, which is created.
    """

    def __init__(self, path: Path):
        os.mkfifo(path)
        self.path = path
        self._file: int | None = None

    def open(self) -> None:
        """Let all processes pass."""
        if self._file is None:
            self._file = os.open(self.path, os.O_RDWR)

    def close(self) -> None:
        """Close the pipe, after which nobody waits any more."""
        if self._file is not None:
            os.close(self._file)


def tell(path: Path, text: str) -> None:
    """Write a line to a pipe, unless no test reads it."""
    with contextlib.suppress(OSError):
        file = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        os.write(file, f"{text}\n".encode())
        os.close(file)


def wait_at(path: Path) -> None:
    """Wait until a gate is opened."""
    # The call returns when there is somebody who can write.
    os.close(os.open(path, os.O_RDONLY))


def wait_for_end_of_session(session: int) -> None:
    """Wait until all processes of a session have ended, and fail if one stays."""
    while processes := _processes(session):
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                file = os.pidfd_open(process)
                ended, _, _ = select.select([file], [], [], PATIENCE)
                os.close(file)
                assert ended, Path(f"/proc/{process}/cmdline").read_bytes()


def _processes(session: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, _, _, number = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
            # A zombie has ended; its parent may never ask how.
            if int(number) == session and state != "Z":
                found.append(int(folder.name))
    return found
