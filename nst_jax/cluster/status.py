"""The state of a run, read from the output alone, so from any machine."""

import csv
import dataclasses
import io
import time
from collections.abc import Sequence

from nst_jax.cluster.ledger import FAILED, RUNNING, Name, Outcome, manifest, read_outcomes
from nst_jax.cluster.plan import Plan, existing_plan, superseded
from nst_jax.cluster.run_settings import STATE
from nst_jax.cluster.storage import Storage

FAILED_KEY = f"{STATE}/failed.csv"
# The present rate is that of these last seconds.
RECENT_SECONDS = 600.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Status:
    """The state of a run.

    Attributes:
        pictures: the number of results to make.
        done: the number of those that are done.
        failed: the number of pictures that failed.
        shards: the number of shards.
        shards_done: the number of those that are finished.
        running: the number of shards that somebody has begun and not finished.
        seconds: what all workers together have spent on what is done and failed.
        rate: pictures in a second, of all workers together, lately; 0.0 if that is unknown.
        last_seen: seconds since a worker has written anything; None if none has.
    """

    pictures: int
    done: int
    failed: int
    shards: int
    shards_done: int
    running: int
    seconds: float
    rate: float
    last_seen: float | None

    @property
    def is_finished(self) -> bool:
        """Whether there is nothing left to make."""
        return self.shards_done >= self.shards

    @property
    def seconds_left(self) -> float | None:
        """The time until the end at the present rate; None if that is unknown."""
        left = self.pictures - self.done - self.failed
        return left / self.rate if self.rate else None

    def cost(self, price: float) -> tuple[float, float]:
        """Return what the run has cost so far and will have cost in the end.

        Args:
            price: of one worker for an hour.
        """
        finished = self.done + self.failed
        so_far = self.seconds / 3600 * price
        return so_far, so_far * self.pictures / finished if finished else 0.0


def read_status(output: Storage, plan: Plan | None = None, since: float = 0.0) -> Status:
    """Return the state of a run, from the names and times of files alone.

    Args:
        output: the output.
        plan: its plan; None reads it.
        since: when the run began that the rate is that of, in seconds since 1970; earlier work does not count for it.

    Raises:
        InputError: when there is no plan.
    """
    plan = plan or existing_plan(output)
    now = time.time()
    known = set(plan.shard_names())
    work = [(name, entry.modified) for name, entry in manifest(output) if name.shard in known]
    finished = {name.shard for name, _ in work}
    last_seen = max((modified for _, modified in work), default=None)
    running = set()
    for entry in output.files(RUNNING):
        shard = entry.key.split("/")[-2]
        if shard not in known or shard in finished:
            continue
        running.add(shard)
        last_seen = max(entry.modified, last_seen or 0.0)
        if note := Name.parse(entry.key):
            work.append((note, entry.modified))
    return Status(
        pictures=plan.pictures,
        done=sum(name.done for name, _ in work),
        failed=sum(name.failed for name, _ in work),
        shards=len(known),
        shards_done=len(finished),
        running=len(running),
        seconds=sum(name.seconds for name, _ in work),
        rate=_rate(work, max(since, now - RECENT_SECONDS)),
        last_seen=None if last_seen is None else now - last_seen,
    )


def _rate(work: Sequence[tuple[Name, float]], begin: float) -> float:
    """Return pictures in a second, over the time in which the work since `begin` was done.

    Args:
        work: what was done, and when it was written.
        begin: seconds since 1970.
    """
    recent = [(name, modified) for name, modified in work if modified >= begin]
    pictures = sum(name.done + name.failed for name, _ in recent)
    if not pictures:
        return 0.0
    began = max(begin, min(modified - name.seconds for name, modified in recent))
    return pictures / max(max(modified for _, modified in recent) - began, 1.0)


def pending_shards(output: Storage, plan: Plan) -> list[str]:
    """Return the shards that are not finished, in their order."""
    finished = {name.shard for name, _ in manifest(output)}
    return [shard for shard in plan.shard_names() if shard not in finished]


def failures(output: Storage, plan: Plan) -> list[Outcome]:
    """Return the pictures that failed and have not been planned again since."""
    known = set(plan.shard_names())
    found = []
    latest: dict[tuple[int, str, str], str] | None = None
    for name, entry in sorted(manifest(output), key=lambda each: each[0].shard):
        if not name.failed or name.shard not in known:
            continue
        generation = name.shard.rpartition("-")[0]
        latest = superseded(output, plan) if latest is None else latest
        for outcome in read_outcomes(output, entry.key):
            newest = latest.get((outcome.group, outcome.source, outcome.key), "")
            if outcome.outcome == FAILED and newest <= generation:
                found.append(outcome)
    return found


def write_failures(output: Storage, failed: list[Outcome]) -> None:
    """Write the list of failed pictures; without any, an earlier list is deleted."""
    if not failed:
        if output.info(FAILED_KEY) is not None:
            output.delete([FAILED_KEY])
        return
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["input", "reason", "attempts"])
    writer.writerows([outcome.input, outcome.reason, outcome.attempts] for outcome in failed)
    output.write(FAILED_KEY, text.getvalue().encode())
