"""The process that drives Ray, apart from the command so that what Ray prints stays away from the terminal.

The command starts it by `start_driver` and reads its events; it ends when the command does, however that ends.
"""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nst_jax.cluster.stopping import STOP_SECONDS, stop_workers
from nst_jax.errors import InputError, describe_exception
from nst_jax.files import open_log

# How long Ray may take to end its processes before this process ends without waiting.
END_SECONDS = 15.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class DriverTask:
    """What a driver is to do.

    Attributes:
        address: the address of the output, as the user gave it.
        where: as for `ray_engine.connected`.
        name: the name of the run; see `Ledger`.
        workers: as for `ray_engine.worker_needs`.
        cpus: as there.
        gpus: as there.
    """

    address: str
    where: str
    name: str
    workers: tuple[int, int] | None = None
    cpus: int = 0
    gpus: float | None = None


class Driver:
    """A driver that runs in a process of its own.

    Args:
        task: what it is to do.
        log: the file for what Ray prints.

    Attributes:
        log: that file.
    """

    def __init__(self, task: DriverTask, log: Path):
        self.log = log
        with open_log(log) as errors:
            # A group of its own, so that Ctrl-C reaches the command alone, which then ends the driver in order.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "nst_jax.cluster.driver"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
        assert self._process.stdin
        self._process.stdin.write(json.dumps(dataclasses.asdict(task)) + "\n")
        self._process.stdin.flush()
        self._events: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def events(self, seconds: float) -> tuple[list[dict[str, Any]], bool]:
        """Wait for the end of the driver, and return its new events and whether it has ended.

        Args:
            seconds: the longest time to wait.
        """
        self._reader.join(seconds)
        ended = not self._reader.is_alive()
        with self._lock:
            events, self._events = self._events, []
        return events, ended

    def exit_code(self) -> int:
        """Wait for the process, whose events have ended, and return its exit code."""
        return self._process.wait(END_SECONDS)

    def close(self) -> None:
        """End the driver and all workers that it has started on this machine, which finish what they are writing."""
        assert self._process.stdin
        self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS + END_SECONDS + 5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            with self._lock:
                self._events.append(json.loads(line))


def main() -> None:
    """Do the task that stands in the first line of standard input, and print an event for each finished shard."""
    # Whatever libraries print goes to the log, and the events go to what was the standard output.
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    facts = json.loads(sys.stdin.readline())
    facts["workers"] = tuple(facts["workers"]) if facts["workers"] else None
    with tempfile.TemporaryDirectory(prefix="nst-jax-stop-", ignore_cleanup_errors=True) as folder:
        threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()
        try:
            for event in _drive(DriverTask(**facts), folder):
                print(json.dumps(event), file=channel, flush=True)
        except InputError as error:
            print(json.dumps({"event": "error", "message": str(error)}), file=channel, flush=True)
        except KeyboardInterrupt:
            # The command has ended, and said why.
            pass
        except Exception as error:
            print(json.dumps({"event": "defect", "message": describe_exception(error)}), file=channel, flush=True)
            raise
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            _end_group(signal.SIGTERM)


def _drive(task: DriverTask, folder: str) -> Iterator[dict[str, Any]]:
    from nst_jax.cluster import ray_engine
    from nst_jax.cluster.plan import existing_plan
    from nst_jax.cluster.status import pending_shards
    from nst_jax.cluster.storage import Storage

    output = Storage(task.address)
    plan = existing_plan(output)
    with ray_engine.connected(task.where):
        needs = ray_engine.worker_needs(task.workers, task.cpus, task.gpus)
        yield {"event": "workers"} | dataclasses.asdict(needs)
        # Workers of other machines do not see the folder.
        stop_folder = folder if task.where == ray_engine.LOCAL else ""
        pending = pending_shards(output, plan)
        for row in ray_engine.make_shards(task.address, pending, needs, task.name, stop_folder=stop_folder):
            yield {"event": "shard"} | {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    """Return a number of numpy as one of Python."""
    return value.item() if hasattr(value, "item") else value


def _end_with_parent(folder: str) -> None:
    """End this process when the command has closed its end of standard input, or has died.

    Args:
        folder: by which workers are told to stop; see `stop_workers`.
    """
    sys.stdin.read()
    stop_workers(folder, STOP_SECONDS)
    threading.Timer(END_SECONDS, _end_group, (signal.SIGKILL,)).start()
    # A real signal, which also wakes a main thread that waits for Ray.
    os.kill(os.getpid(), signal.SIGINT)


def _end_group(number: int) -> None:
    """Send a signal to all processes of Ray on this machine, which are in the group of this one.

    Some of them, which Ray does not wait for, would look for their parents only once a minute.
    """
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(0, number)
    elif number == signal.SIGKILL:
        os._exit(1)


if __name__ == "__main__":
    main()
