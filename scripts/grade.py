"""Grade how alike two pictures are: `python scripts/grade.py FIRST SECOND [--content PHOTOGRAPH --style PAINTING]`.

It prints the grade from 0 to 10, its parts, and the published experiment's measure, which docs/guides/grade.md
explains. With the photograph and the painting, each picture is also graded against them. `--json` prints JSON.
"""

import dataclasses
import json
import sys
from pathlib import Path
from typing import Annotated

import tyro

from nst_jax import grading
from nst_jax.cli.program import run_script

MEANINGS = {
    "grade": "grade, the mean of content, style and layout",
    "content": "content: do they show the same?",
    "style": "style: are they painted in the same way?",
    "layout": "layout: are the colors at the same places?",
    "encoder": "encoder: the published experiment's measure alone",
    "first_content": "content of the first picture against the photograph",
    "first_style": "style of the first picture against the painting",
    "second_content": "content of the second picture against the photograph",
    "second_style": "style of the second picture against the painting",
}


@dataclasses.dataclass(frozen=True)
class Command:
    """Grade how alike two pictures are, from 0 (unrelated) to 10 (equal)."""

    first: Annotated[Path, tyro.conf.Positional]
    """A picture."""

    second: Annotated[Path, tyro.conf.Positional]
    """Another picture; the order does not matter."""

    content: Path | None = None
    """The photograph that both are made of; each picture is then graded against it too."""

    style: Path | None = None
    """The painting that both are made after; each picture is then graded against it too."""

    json: tyro.conf.FlagCreatePairsOff[bool] = False
    """Print one line of JSON."""


def lines(grade: "grading.Grade") -> list[str]:
    """Describe grades in words."""
    found = dataclasses.asdict(grade)
    return [f"{found[name]:4.1f}  {meaning}" for name, meaning in MEANINGS.items() if found[name] is not None]


def main(command: Command) -> None:
    """Print the grades."""
    grade = grading.grade_pictures(command.first, command.second, command.content, command.style)
    if command.json:
        print(json.dumps({name: value for name, value in dataclasses.asdict(grade).items() if value is not None}))
    else:
        print("\n".join(lines(grade)))


if __name__ == "__main__":
    sys.exit(run_script(lambda: main(tyro.cli(Command))))
