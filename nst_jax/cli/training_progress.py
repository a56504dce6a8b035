"""The progress of a training on the terminal and in its log; for the scripts that train."""

import dataclasses
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

from rich.progress import Progress, TextColumn, TimeElapsedColumn

from nst_jax.files import append_line


class Report(Protocol):
    """What a training reports after each step: a dataclass, of which the log gets all fields."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def steps(self) -> int:
        """The number of steps done."""
        ...


AnyReport = TypeVar("AnyReport", bound=Report)


def follow_training(
    reports: Iterable[AnyReport], total: int, log: Path, figures_of: Callable[[AnyReport], str | None]
) -> None:
    """Run a training to its end, show its progress, and append its figures to a log, a JSON object in each line.

    Args:
        reports: the training; yields a report after each step.
        total: the number of all steps.
        log: the file.
        figures_of: returns the figures of a report in words; None for a report without figures, which is not logged.
    """
    columns = (*Progress.get_default_columns(), TimeElapsedColumn(), TextColumn("{task.fields[figures]}"))
    with Progress(*columns) as bar:
        task = bar.add_task("training", total=total, figures="")
        for report in reports:
            bar.update(task, completed=report.steps)
            figures = figures_of(report)
            if figures is not None:
                bar.update(task, figures=figures)
                append_line(log, json.dumps(dataclasses.asdict(report)))
