"""Draw the README's badges from `pyproject.toml`: `python scripts/badges.py docs/badges`."""

import sys
import tomllib
from pathlib import Path

import tyro

from nst_jax.cli.program import run_script
from nst_jax.files import atomic_write

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
# Width of a letter of 11 pixels, and the space at each side of a word.
LETTER, SPACE = 6.4, 7
BADGE = """<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{name}: {value}">
<rect width="{width}" height="20" rx="3" fill="#2b6f8f"/>
<path d="M3 0H{middle}V20H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3" fill="#555"/>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">
<text x="{left}" y="14">{name}</text><text x="{right}" y="14">{value}</text></g></svg>
"""


def badge(name: str, value: str) -> str:
    """Return a badge as SVG: a name on gray, and a value on blue."""
    middle = round(len(name) * LETTER + 2 * SPACE)
    width = round(middle + len(value) * LETTER + 2 * SPACE)
    return BADGE.format(name=name, value=value, middle=middle, width=width, left=middle / 2, right=(middle + width) / 2)


def badges() -> dict[str, str]:
    """Return the badges by the names of their files."""
    project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
    typed = "yes" if "Typing :: Typed" in project["classifiers"] else "no"
    values = {
        "license": project["license"],
        "python": project["requires-python"].removeprefix(">=") + "+",
        "typed": typed,
    }
    return {f"{name}.svg": badge(name, value) for name, value in values.items()}


def main(output: tyro.conf.Positional[Path]) -> None:
    """Draw the README's badges.

    Args:
        output: folder for the badges.
    """
    output.mkdir(parents=True, exist_ok=True)
    for name, text in badges().items():
        with atomic_write(output / name) as path:
            path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(run_script(lambda: tyro.cli(main)))
