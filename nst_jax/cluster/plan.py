"""The plan of an output: which pictures there are, what their results are called, and in which shards they are made.

A plan grows by generations: the first has all pictures, and each later one those that were added or have changed.
"""

import dataclasses
import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any

from nst_jax.batch.targets import key_of, target_names
from nst_jax.cluster.inputs import Found
from nst_jax.cluster.run_settings import STATE, RunSettings, no_plan, read_json
from nst_jax.cluster.storage import Storage
from nst_jax.cluster.storage_faults import storage_errors
from nst_jax.errors import InputError

KEY = f"{STATE}/plan.json"
# Each shard is a row group of a file of so many, of which a worker reads that one alone.
SHARDS_IN_FILE = 256


@dataclasses.dataclass(frozen=True)
class Generation:
    """Pictures that were planned at one time.

    Attributes:
        name: its number and the hash of its pictures.
        shards: the number of shards.
        pictures: the number of results, in all styles.
    """

    name: str
    shards: int
    pictures: int

    def shard_names(self) -> Iterator[str]:
        """Yield the names of the shards."""
        return (f"{self.name}-{index:06d}" for index in range(self.shards))


@dataclasses.dataclass(frozen=True)
class Plan:
    """The plan of an output.

    Attributes:
        sources: addresses of the folders that the pictures come from.
        generations: what was planned.
        skipped: the number of files that are no pictures.
    """

    sources: tuple[str, ...]
    generations: tuple[Generation, ...]
    skipped: int = 0

    @property
    def pictures(self) -> int:
        """The number of results."""
        return sum(each.pictures for each in self.generations)

    def shard_names(self) -> Iterator[str]:
        """Yield the names of all shards, in the order in which they are begun."""
        for generation in self.generations:
            yield from generation.shard_names()


@dataclasses.dataclass(frozen=True)
class Row:
    """A picture to be made.

    Attributes:
        source: the address of the folder of its content.
        key: the path of the content within that folder.
        version: a text that changes with the content.
        group: the index of its styles.
        target: the path of the result within the folder of its styles.
    """

    source: str
    key: str
    version: str
    group: int
    target: str


def read_plan(output: Storage) -> Plan | None:
    """Read the plan of an output; None without one.

    Raises:
        InputError: when it is damaged.
    """
    facts = read_json(output, KEY)
    if facts is None:
        return None
    try:
        generations = tuple(Generation(**each) for each in facts["generations"])
        return Plan(tuple(facts["sources"]), generations, facts["skipped"])
    except (KeyError, TypeError) as error:
        raise InputError(f"{output.describe(KEY)} is damaged; choose another output.") from error


def existing_plan(output: Storage) -> Plan:
    """Read the plan of an output.

    Raises:
        InputError: when there is none, or it is damaged.
    """
    plan = read_plan(output)
    if plan is None:
        raise no_plan(output)
    return plan


def make_plan(output: Storage, settings: RunSettings, found: Found, shard_size: int) -> tuple[Plan, int]:
    """Plan the pictures that are not planned yet, or that have changed since.

    The targets are those of folder mode: they depend on the names of the pictures alone. Pictures that are added later
    get targets that no earlier picture has.

    Args:
        output: the output.
        settings: its settings.
        found: the pictures.
        shard_size: the number of pictures of a shard.

    Returns:
        The plan, and the number of pictures that are new in it.

    Raises:
        InputError: when the pictures come from other folders than those of the plan.
    """
    before = read_plan(output)
    if before and list(before.sources) != found.sources:
        raise InputError(
            f"{output.address} has a plan for {', '.join(before.sources)}; choose another output with -o, or give "
            "the same inputs."
        )
    known = _column(output, before, "version")
    fresh = [
        index
        for index, place in enumerate(zip(found.source, found.key, strict=True))
        if known.get(place) != found.version[index]
    ]
    if before and not fresh:
        return before, 0
    targets = _targets(found, fresh, _column(output, before, "target"), f".{settings.format}")
    number = len(before.generations) if before else 0
    digest = hashlib.sha256()
    for index in fresh:
        digest.update(f"{found.source[index]}\0{found.key[index]}\0{found.version[index]}\n".encode())
    groups = len(settings.styles)
    shards = groups * -(-len(fresh) // shard_size)
    generation = Generation(f"{number:02d}-{digest.hexdigest()[:8]}", shards, groups * len(fresh))
    _write(output, generation, found, fresh, targets, groups, shard_size)
    plan = Plan(tuple(found.sources), (*(before.generations if before else ()), generation), found.skipped)
    # The plan counts from here on: files of shards that it does not name are not looked at.
    output.write(KEY, json.dumps(dataclasses.asdict(plan), indent=1).encode())
    return plan, generation.pictures


def read_shard(output: Storage, plan: Plan, shard: str) -> list[Row]:
    """Read the pictures of a shard."""
    import pyarrow.parquet as pq

    generation, _, number = shard.rpartition("-")
    index = int(number)
    key = _file(generation, index // SHARDS_IN_FILE)
    with storage_errors(output.describe(key), "read"), output.open(key) as file:
        table = pq.ParquetFile(file).read_row_group(index % SHARDS_IN_FILE)
    return [Row(plan.sources[row.pop("source")], **row) for row in table.drop(["size"]).to_pylist()]


def superseded(output: Storage, plan: Plan) -> dict[tuple[int, str, str], str]:
    """Return the generation of each picture that was planned again because it had changed, by group, source and key."""
    latest: dict[tuple[int, str, str], str] = {}
    for generation in plan.generations[1:]:
        for table in _tables(output, generation):
            for row in table.select(["group", "source", "key"]).to_pylist():
                latest[row["group"], plan.sources[row["source"]], row["key"]] = generation.name
    return latest


def _column(output: Storage, plan: Plan | None, name: str) -> dict[tuple[int, str], str]:
    """Return what a plan says in a column of each picture, by source and key; of several generations, the last."""
    values: dict[tuple[int, str], str] = {}
    for generation in plan.generations if plan else ():
        for table in _tables(output, generation):
            columns = [table.column(each).to_pylist() for each in ("source", "key", name)]
            values |= {(source, key): value for source, key, value in zip(*columns, strict=True)}
    return values


def _targets(found: Found, fresh: Sequence[int], known: dict[tuple[int, str], str], suffix: str) -> list[str]:
    """Return the targets of fresh pictures: those that changed keep theirs."""
    places = [(found.source[index], found.key[index]) for index in fresh]
    added = [index for index, place in zip(fresh, places, strict=True) if place not in known]
    names = iter(target_names([found.relative(index) for index in added], suffix, set(map(key_of, known.values()))))
    return [known.get(place) or next(names) for place in places]


def _write(
    output: Storage,
    generation: Generation,
    found: Found,
    fresh: Sequence[int],
    targets: Sequence[str],
    groups: int,
    shard_size: int,
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns: dict[str, Any] = {
        "source": pa.array([found.source[index] for index in fresh], pa.int16()),
        "key": pa.array([found.key[index] for index in fresh], pa.string()),
        "size": pa.array([found.size[index] for index in fresh], pa.int64()),
        "version": pa.array([found.version[index] for index in fresh], pa.string()),
        "target": pa.array(targets, pa.string()),
    }
    whole = pa.table(columns)
    spans = [(group, begin) for group in range(groups) for begin in range(0, len(fresh), shard_size)]
    for first in range(0, len(spans), SHARDS_IN_FILE):
        buffer = io.BytesIO()
        writer = None
        for group, begin in spans[first : first + SHARDS_IN_FILE]:
            rows = whole.slice(begin, shard_size)
            rows = rows.append_column("group", pa.array([group] * len(rows), pa.int16()))
            writer = writer or pq.ParquetWriter(buffer, rows.schema, compression="zstd")
            writer.write_table(rows, row_group_size=len(rows))
        if writer:
            writer.close()
        output.write(_file(generation.name, first // SHARDS_IN_FILE), buffer.getvalue())


def _tables(output: Storage, generation: Generation) -> Iterator[Any]:
    """Yield the pictures of a generation, file by file."""
    import pyarrow.parquet as pq

    for number in range(-(-generation.shards // SHARDS_IN_FILE)):
        key = _file(generation.name, number)
        with storage_errors(output.describe(key), "read"), output.open(key) as file:
            table = pq.read_table(file)
        yield table


def _file(generation: str, number: int) -> str:
    return f"{STATE}/plan/{generation}-{number:05d}.parquet"
