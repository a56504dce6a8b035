"""What came of each shard: attempts, pictures in flight, notes of what is done, and the manifest of finished shards.

All of it is files whose names have the numbers in them, so that a listing alone tells the state of a run:

- `manifest/SHARD.DONE.FAILED.SECONDS.parquet`: a finished shard, with a row for each picture;
- `running/SHARD/ATTEMPT.json`: an attempt at a shard that is not finished, with the pictures in flight;
- `running/SHARD/ATTEMPT-NUMBER.DONE.FAILED.SECONDS.parquet`: what an attempt has finished so far.
"""

import collections
import dataclasses
import datetime
import io
import json
import os
import socket
import time
from collections.abc import Iterable, Iterator
from typing import Any

from nst_jax.cluster.run_settings import STATE, read_json
from nst_jax.cluster.storage import Entry, Storage
from nst_jax.cluster.storage_faults import storage_errors
from nst_jax.errors import InputError

MANIFEST, RUNNING = f"{STATE}/manifest", f"{STATE}/running"
DONE, FAILED = "done", "failed"
# A picture during whose work so many processes have died is taken for their killer.
MOST_DEATHS = 3
# A driver gives up when so many workers have died at one shard; with several killers in it, that may be many.
MOST_ATTEMPTS = 30
# An attempt without a driver, which starts the dead ones again, has this in place of the driver's name.
NO_DRIVER = "shard"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a picture: a row of the manifest.

    Attributes:
        input: the address of the content.
        output: the address of the result.
        outcome: "done" or "failed".
        reason: why it failed; empty if it is done.
        sha256: the hash of the result's bytes; empty if it failed.
        version: what the content's storage said of it when it was planned.
        source: the address of the content's folder.
        key: the content's path there.
        group: the index of its styles.
        target: the result's path within the folder of its styles, which is its name within a shard.
        attempts: the number of attempts at its shard until then.
        worker: the process that made it.
        time: when, in UTC.
    """

    input: str
    output: str
    outcome: str
    reason: str = ""
    sha256: str = ""
    version: str
    source: str
    key: str
    group: int
    target: str
    attempts: int
    worker: str
    time: datetime.datetime = dataclasses.field(default_factory=lambda: datetime.datetime.now(datetime.UTC))


@dataclasses.dataclass(frozen=True)
class Name:
    """The name of a file of outcomes.

    Attributes:
        shard: the shard.
        done: the number of pictures that are done.
        failed: the number of those that failed.
        seconds: the time that a worker spent on them.
    """

    shard: str
    done: int
    failed: int
    seconds: float

    @classmethod
    def parse(cls, key: str) -> "Name | None":
        """Read a name; None for another file."""
        parts = key.rpartition("/")[2].split(".")
        if len(parts) != 5 or parts[4] != "parquet":
            return None
        return cls(parts[0], int(parts[1]), int(parts[2]), float(parts[3]))


class Ledger:
    """The state of one shard during one attempt at it.

    Args:
        output: the output.
        shard: the shard's name.
        driver: the name of the run that starts dead attempts again, or NO_DRIVER.

    Raises:
        InputError: when too many attempts of this driver have died.

    Attributes:
        attempt: the number of this attempt, from 1.
        finished: the outcomes so far, those of earlier attempts included, by target.
        deaths: how many attempts have died while a picture was in flight, by target.
        began: when the first attempt began, by the clock of the storage; 0.0 if that is unknown.
    """

    def __init__(self, output: Storage, shard: str, driver: str):
        self._output, self.shard, self._driver = output, shard, driver
        self._folder = f"{RUNNING}/{shard}"
        self._began = time.monotonic()
        self.worker = f"{socket.gethostname()}-{os.getpid()}"
        earlier = sorted(output.files(self._folder), key=lambda entry: entry.key)
        attempts = [entry for entry in earlier if entry.key.endswith(".json")]
        self.attempt = 1 + max((int(_stem(entry)) for entry in attempts), default=0)
        self.deaths: collections.Counter[str] = collections.Counter()
        dead, begins = 0, []
        for entry in attempts:
            facts = read_json(output, entry.key) or {}
            begins.append(facts.get("began") or entry.modified)
            if facts.get("driver") == driver:
                dead += 1
                self.deaths.update(facts["in_flight"])
        if dead >= MOST_ATTEMPTS:
            raise InputError(
                f"{dead} workers died one after the other at the shard {shard}; look at their memory and at Ray's "
                "logs. The same command goes on from here."
            )
        self.finished: dict[str, Outcome] = {}
        self._seconds = 0.0
        self._notes = 0
        for entry in earlier:
            name = Name.parse(entry.key)
            if name:
                self._seconds += name.seconds
                self.finished |= {each.target: each for each in read_outcomes(output, entry.key)}
        self.began = min(begins, default=0.0)
        self._unwritten: list[Outcome] = []
        self._mark: float | None = None
        self.fly(())
        # The file is written again and again; the time of the first is kept in it, by the clock of the storage.
        own = output.info(f"{self._folder}/{self.attempt:04d}.json")
        self._mark = own.modified if own else None

    def fly(self, targets: Iterable[str]) -> None:
        """Note which pictures are in flight, by target: what is being read, computed or written."""
        facts = {"driver": self._driver, "worker": self.worker, "in_flight": list(targets), "began": self._mark}
        self._output.write(f"{self._folder}/{self.attempt:04d}.json", json.dumps(facts).encode())

    def add(self, outcome: Outcome) -> None:
        """Take note of a picture, in memory until the next `flush`."""
        self.finished[outcome.target] = outcome
        self._unwritten.append(outcome)

    def flush(self) -> None:
        """Write what was added since the last call."""
        if self._unwritten:
            self._notes += 1
            stem = f"{self._folder}/{self.attempt:04d}-{self._notes:04d}"
            seconds = self._take_seconds()
            self._seconds += seconds
            self._output.write(_name(stem, self._unwritten, seconds), encode(self._unwritten))
            self._unwritten = []

    def close(self, outcomes: list[Outcome]) -> None:
        """Write the manifest of the shard, and delete the notes."""
        self._seconds += self._take_seconds()
        self._output.write(_name(f"{MANIFEST}/{self.shard}", outcomes, self._seconds), encode(outcomes))
        self._output.delete([entry.key for entry in self._output.files(self._folder)])

    def _take_seconds(self) -> float:
        now = time.monotonic()
        seconds, self._began = now - self._began, now
        return seconds


def reopen(output: Storage, entry: Entry) -> None:
    """Make a finished shard one whose failed pictures are still to be made.

    Args:
        output: the output.
        entry: its file of the manifest.
    """
    name = Name.parse(entry.key)
    assert name
    done = [each for each in read_outcomes(output, entry.key) if each.outcome == DONE]
    stem = f"{RUNNING}/{name.shard}/0000-0001"
    # In this order: killed in between, the shard counts as finished, and is reopened by the next run.
    output.write(_name(stem, done, name.seconds), encode(done))
    output.delete([entry.key])


def manifest(output: Storage) -> Iterator[tuple[Name, Entry]]:
    """Yield the finished shards; of a shard that two workers have finished, the one with more pictures done."""
    found: dict[str, tuple[Name, Entry]] = {}
    for entry in output.files(MANIFEST):
        name = Name.parse(entry.key)
        if name and (name.shard not in found or name.done > found[name.shard][0].done):
            found[name.shard] = name, entry
    yield from found.values()


def read_outcomes(output: Storage, key: str) -> list[Outcome]:
    """Read a file of outcomes."""
    import pyarrow.parquet as pq

    with storage_errors(output.describe(key), "read"):
        return [Outcome(**row) for row in pq.read_table(io.BytesIO(output.read(key))).to_pylist()]


def encode(outcomes: list[Outcome]) -> bytes:
    """Return outcomes as the bytes of a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types: dict[Any, Any] = {str: pa.string(), int: pa.int32(), datetime.datetime: pa.timestamp("ms", tz="UTC")}
    schema = pa.schema([(field.name, types[field.type]) for field in dataclasses.fields(Outcome)])
    buffer = io.BytesIO()
    rows = [dataclasses.asdict(outcome) for outcome in outcomes]
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), buffer, compression="zstd")
    return buffer.getvalue()


def _name(stem: str, outcomes: list[Outcome], seconds: float) -> str:
    done = sum(outcome.outcome == DONE for outcome in outcomes)
    return f"{stem}.{done}.{len(outcomes) - done}.{round(seconds)}.parquet"


def _stem(entry: Entry) -> str:
    return entry.key.rpartition("/")[2].partition(".")[0].partition("-")[0]
