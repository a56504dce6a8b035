"""The reference of the command line, made from the program's own parsers when the site is built.

A line `<!-- options of PROGRAM -->` of a page is replaced by all options of that program, in the groups of `--help`.
"""

import argparse
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import tyro
from sphinx.application import Sphinx

from nst_jax.cli import arguments, cluster_options, compare, convert_weights, studio

MARKER = re.compile(r"^<!-- options of (.+) -->$", re.MULTILINE)
# All that Markdown could take for markup.
SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$])")

OPTION = re.compile(r"--[a-z][a-z0-9-]*")


def escaped(text: str) -> str:
    """Return a line as Markdown that shows it as it is, with the names of options as code."""
    line = SPECIAL.sub(r"\\\1", text)
    return OPTION.sub(r"`\g<0>`", f"\\{line}" if line.startswith(("-", "+")) else line)


def parser(kind: Callable[..., Any], program: str, **default: Any) -> argparse.ArgumentParser:
    """Return the parser that tyro builds for a program."""
    with warnings.catch_warnings():
        # tyro has no other way yet to give its options as data.
        warnings.simplefilter("ignore", DeprecationWarning)
        return tyro.extras.get_parser(kind, prog=program, **default)


def parsers() -> dict[str, argparse.ArgumentParser]:
    """Return the parser of each program by name."""
    default = arguments._default_command("default", "normal")
    return {
        "nst-jax": parser(arguments.Command, "nst-jax", default=default),
        "nst-jax cluster run": parser(cluster_options.RunCommand, "nst-jax cluster run"),
        "nst-jax cluster status": parser(cluster_options.StatusCommand, "nst-jax cluster status"),
        "nst-jax studio": parser(studio.StudioCommand, "nst-jax studio"),
        "nst-jax-compare": parser(compare.Command, "nst-jax-compare"),
        "nst-jax-convert": parser(convert_weights.convert_weights, "nst-jax-convert"),
    }


def option(action: argparse.Action) -> Iterator[str]:
    """Yield the lines of Markdown that describe an option."""
    value = action.metavar if isinstance(action.metavar, str) else ""
    names = action.option_strings or [action.dest if value.startswith("[[") else value]
    takes_value = bool(action.option_strings) and action.nargs != 0 and value
    yield f"````{{option}} {', '.join(f'{name} {value}' if takes_value else name for name in names)}"
    yield "\\\n".join(map(escaped, (action.help or "").splitlines()))
    yield "````\n"


def markdown(program: str, parser: argparse.ArgumentParser) -> str:
    """Return all options of a program as Markdown, one section for each group."""
    lines = [f"```{{program}} {program}\n```\n"]
    for group in parser._action_groups:
        actions = [action for action in group._group_actions if action.help != argparse.SUPPRESS]
        if not actions:
            continue
        title = {"positional arguments": "pictures and files", "options": "general options"}
        name = title.get(group.title or "", group.title or "")
        lines.append(f"### {program}: {name}\n" if program != "nst-jax" else f"### {name.capitalize()}\n")
        lines.append(escaped(group.description or "") + "\n")
        for action in actions:
            lines += option(action)
    return "\n".join(lines)


def on_source_read(_app: Sphinx, _name: str, source: list[str]) -> None:
    """Replace the markers of a page."""
    if MARKER.search(source[0]):
        known = parsers()
        source[0] = MARKER.sub(lambda match: markdown(match[1], known[match[1]]), source[0])


def setup(app: Sphinx) -> dict[str, Any]:
    """Complete each document before it is parsed."""
    app.connect("source-read", on_source_read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
