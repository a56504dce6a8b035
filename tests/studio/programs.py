"""Studios in processes of their own, with a real server and the fake painter or the real one."""

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx

from tests.studio.conftest import PATIENCE

ROOT = Path(__file__).parents[2]
FAKE = """
from pathlib import Path
from nst_jax.studio.server import serve
from tests.studio import fake_painter
if __name__ == "__main__":
    serve(Path({folder!r}), port=0, painter=fake_painter.main)
"""


class Program:
    """A running studio and its address."""

    def __init__(self, words: list[str], folder: Path):
        self.folder = folder
        environment = os.environ | {"PYTHONPATH": str(ROOT), "NST_JAX_NO_RESTART": "1"}
        self.process = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environment
        )
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()
        found = re.match(r"The studio is at (http://\S+)", self.line)
        assert found, self.line + self.process.communicate(timeout=PATIENCE)[1]
        self.url = found[1]
        self.client = httpx.Client(base_url=self.url, timeout=PATIENCE)

    def events(self, after: int) -> Iterator[tuple[str, str]]:
        """The kinds and data of events after a number, as they come."""
        with self.client.stream("GET", f"/api/events?after={after}") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            kind = ""
            for line in answer.iter_lines():
                name, _, value = line.partition(": ")
                if name == "event":
                    kind = value
                elif name == "data":
                    yield kind, value

    def until(self, job: str, *states: str, step: int = 0) -> dict:
        """Wait for a job to be in one of some states; by the events, so that nothing sleeps."""
        after = self.client.get("/api/state").json()["sequence"]
        found = self.client.get(f"/api/jobs/{job}").json()
        if found["state"] in states and found["step"] >= step:
            return found
        for kind, _ in self.events(after):
            if kind in ("job", "progress"):
                found = self.client.get(f"/api/jobs/{job}").json()
                if found["state"] in states and found["step"] >= step:
                    return found
        raise AssertionError(f"The events ended while the job was {found['state']}")

    def end(self, number: int) -> tuple[int, str]:
        """Send a signal; return the exit code and what was said on stderr."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, said


@contextlib.contextmanager
def running(folder: Path, words: list[str] | None = None) -> Iterator[Program]:
    """A studio with the fake painter, or one that is started by other words."""
    program = Program(words or [sys.executable, "-c", FAKE.format(folder=str(folder))], folder)
    try:
        yield program
    finally:
        program.client.close()
        if program.process.poll() is None:
            program.process.kill()
            program.process.communicate()
