"""The studio's memory: jobs, pictures and experiments in an SQLite database that survives a killed server."""

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

Record = dict[str, Any]
# A step, and the losses of content, style and all after it; None for what is not finite.
LossPoint = tuple[int, float | None, float | None, float | None]
Table = Literal["jobs", "pictures", "experiments"]
_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, state TEXT NOT NULL, data TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, number);
CREATE TABLE IF NOT EXISTS pictures (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, state TEXT NOT NULL, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS experiments (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, state TEXT NOT NULL, data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS losses (
    job TEXT NOT NULL, step INTEGER NOT NULL, content REAL, style REAL, total REAL, PRIMARY KEY (job, step));
"""
VERSION = 1


class Store:
    """Records by identifier, in the order in which they were added.

    A record is a dictionary of plain data with an "id". Its "state" (of pictures, its "kind") can be searched for.
    Each call is one transaction. With the write-ahead log, a killed process loses no transaction.

    Args:
        path: the database file, created if it is missing.
    """

    def __init__(self, path: Path):
        # Only the thread of the event loop uses it, but tests make it in another one.
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.executescript(_SCHEMA)
        self._database.execute(f"PRAGMA user_version = {VERSION}")

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def add(self, table: Table, record: Record) -> None:
        """Add a new record."""
        self._database.execute(
            f"INSERT INTO {table} (id, state, data) VALUES (?, ?, ?)",
            (record["id"], _state_of(record), json.dumps(record)),
        )

    def save(self, table: Table, record: Record) -> None:
        """Replace a record by a new version of it."""
        self._database.execute(
            f"UPDATE {table} SET state = ?, data = ? WHERE id = ?",
            (_state_of(record), json.dumps(record), record["id"]),
        )

    def get(self, table: Table, name: str) -> Record | None:
        """Return a record, or None if there is none of that identifier."""
        row = self._database.execute(f"SELECT data FROM {table} WHERE id = ?", (name,)).fetchone()
        return None if row is None else json.loads(row[0])

    def delete(self, table: Table, name: str) -> None:
        """Delete a record, and the losses of a job."""
        self._database.execute(f"DELETE FROM {table} WHERE id = ?", (name,))
        if table == "jobs":
            self.clear_losses(name)

    def all(self, table: Table, states: Iterable[str] = (), *, newest_first: bool = False) -> list[Record]:
        """Return the records in some states, or in all of them, in the order of their addition or its reverse."""
        return [record for _, record in self._rows(table, tuple(states), newest_first, None, -1)]

    def page(
        self, table: Table, states: Iterable[str], limit: int, before: int | None = None
    ) -> list[tuple[int, Record]]:
        """Return some records, the newest first, each with the number by which `before` goes on.

        Args:
            table: the table.
            states: the states of the records; none means all.
            limit: the most records to return.
            before: return records that were added before the one of this number; None begins with the newest.
        """
        return self._rows(table, tuple(states), True, before, limit)

    def number_of(self, table: Table, name: str) -> int | None:
        """Return the number of a record in the order of addition."""
        row = self._database.execute(f"SELECT number FROM {table} WHERE id = ?", (name,)).fetchone()
        return None if row is None else int(row[0])

    def count(self, table: Table, states: Iterable[str]) -> int:
        """Return the number of records in some states."""
        states = tuple(states)
        marks = ", ".join("?" * len(states))
        row = self._database.execute(f"SELECT count(*) FROM {table} WHERE state IN ({marks})", states).fetchone()
        return int(row[0])

    def add_losses(self, job: str, points: Iterable[LossPoint]) -> None:
        """Add points to the loss curve of a job: step, content, style and total loss; a step replaces itself."""
        self._database.execute("BEGIN")
        self._database.executemany(
            "INSERT OR REPLACE INTO losses VALUES (?, ?, ?, ?, ?)", [(job, *point) for point in points]
        )
        self._database.execute("COMMIT")

    def losses(self, job: str) -> list[LossPoint]:
        """Return the loss curve of a job, by step."""
        return self._database.execute(
            "SELECT step, content, style, total FROM losses WHERE job = ? ORDER BY step", (job,)
        ).fetchall()

    def clear_losses(self, job: str) -> None:
        """Delete the loss curve of a job."""
        self._database.execute("DELETE FROM losses WHERE job = ?", (job,))

    def _rows(
        self, table: Table, states: tuple[str, ...], newest_first: bool, before: int | None, limit: int
    ) -> list[tuple[int, Record]]:
        conditions = ["1"]
        values: list[Any] = []
        if states:
            conditions.append(f"state IN ({', '.join('?' * len(states))})")
            values += states
        if before is not None:
            conditions.append("number < ?")
            values.append(before)
        order = "DESC" if newest_first else "ASC"
        rows = self._database.execute(
            f"SELECT number, data FROM {table} WHERE {' AND '.join(conditions)} ORDER BY number {order} LIMIT ?",
            (*values, limit),
        )
        return [(number, json.loads(data)) for number, data in rows]


def _state_of(record: Record) -> str:
    return str(record.get("state") or record.get("kind"))
