"""Runs the shell blocks of the documents within the process of the tests."""

import contextlib
import glob
import re
import runpy
import shlex
import sys
import warnings
from pathlib import Path

from nst_jax.cli import main
from tests.documents.markdown import ROOT

ENTRIES = {"nst-jax-compare": main.compare, "nst-jax-convert": main.convert}


def commands(block: str) -> list[list[str]]:
    """Split a block into its commands, and these into words; comments are dropped, and && separates commands."""
    lines = re.sub(r"\\\n", " ", block).splitlines()
    found: list[list[str]] = []
    for line in lines:
        words = shlex.split(line, comments=True)
        while "&&" in words:
            split = words.index("&&")
            found.append(words[:split])
            words = words[split + 1 :]
        found.append(words)
    return [words for words in found if words]


def run(words: list[str], monkeypatch) -> int:
    """Run one command, whose output may be redirected to a file, and return its exit code.

    Raises:
        AssertionError: for a program that the tests cannot run; its block must say why it is not run.
    """
    target = None
    if ">" in words:
        words, target = words[: words.index(">")], words[words.index(">") + 1]
    program, arguments = words[0], words[1:]
    with contextlib.ExitStack() as stack:
        # In a program of its own, warnings are shown and are no errors.
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("default", UserWarning)
        if target:
            output = stack.enter_context(open(target, "w", encoding="utf-8"))
            stack.enter_context(contextlib.redirect_stdout(output))
        if program == "nst-jax":
            return main.main(arguments)
        if program in ENTRIES:
            monkeypatch.setattr(sys, "argv", words)
            return ENTRIES[program]()
        assert program == "python", f"{program}: say by <!-- not run: REASON --> why this block is not run"
        assert arguments[0].startswith("scripts/"), words
        monkeypatch.setattr(sys, "argv", arguments)
        try:
            runpy.run_path(str(ROOT / arguments[0]), run_name="__main__")
        except SystemExit as ending:
            return int(ending.code or 0)
        return 0


def missing_files(words: list[str], folder: Path) -> list[str]:
    """Return the images that a command names for reading and that are not in the folder."""
    outputs = {words[index + 1] for index, word in enumerate(words[:-1]) if word in ("-o", "--output", "--sheet", ">")}
    named = [word for word in words if re.search(r"\.(jpg|png)$", word) and word not in outputs]
    return [word for word in named if not glob.glob(str(folder / word))]
