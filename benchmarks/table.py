"""Tables of results, printed as Markdown and saved as JSON together with a description of the machine."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.machine import described, machine


class Table:
    """A Markdown table whose rows are printed as they are added.

    Args:
        kind: the named tuple that the rows are instances of; its fields are the columns.
        silent: whether to leave out the line on the machine before the table.
    """

    def __init__(self, kind: Any, silent: bool = False):
        self.rows: list[Any] = []
        if not silent:
            print(described(machine()), end="\n\n")
        names = [name.replace("_", " ") for name in kind._fields]
        print(_line(names), _line(["---"] * len(names)), sep="\n", flush=True)

    def add(self, row: Any) -> None:
        """Print a row and keep it."""
        self.rows.append(row)
        print(_line(_word(value) for value in row), flush=True)

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return the rows as dictionaries."""
        return [row._asdict() for row in self.rows]

    def save(self, path: Path | None, **more: Any) -> None:
        """Write the rows, the machine and further values to a JSON file; do nothing if the path is None."""
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
