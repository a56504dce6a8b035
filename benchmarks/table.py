"""Figures as a table in Markdown, and as JSON with what they were measured on."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.machine import described, machine


class Table:
    """Rows of one kind, printed as they come."""

    def __init__(self, kind: Any, silent: bool = False):
        self.rows: list[Any] = []
        if not silent:
            print(described(machine()), end="\n\n")
        names = [name.replace("_", " ") for name in kind._fields]
        print(_line(names), _line(["---"] * len(names)), sep="\n", flush=True)

    def add(self, row: Any) -> None:
        """Prints and keeps it."""
        self.rows.append(row)
        print(_line(_word(value) for value in row), flush=True)

    def as_dicts(self) -> list[dict[str, Any]]:
        """The rows by field name."""
        return [row._asdict() for row in self.rows]

    def save(self, path: Path | None, **more: Any) -> None:
        """Writes rows, machine and more as JSON, if there is a path."""
        if path:
            path.write_text(json.dumps({**more, "rows": self.as_dicts(), "machine": machine()}, indent=1) + "\n")


def _line(words: Iterable[str]) -> str:
    return f"| {' | '.join(words)} |"


def _word(value: Any) -> str:
    if value is None:
        return "-"
    if not isinstance(value, float):
        return str(value)
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
