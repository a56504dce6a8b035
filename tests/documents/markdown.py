"""What the tests read from the documents: their blocks of code, their links and their headings."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
FOLDERS = (ROOT, *sorted(path for path in (ROOT / "docs").rglob("*") if path.is_dir()), ROOT / "docs")
PATHS = [
    *(path for folder in FOLDERS for path in sorted(folder.glob("*.md"))),
    *(ROOT / folder / "README.md" for folder in ("weights", "examples")),
]
DOCUMENTS = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in PATHS}

# A fence of backticks, with the line before it.
FENCE = re.compile(r"^(?P<before>.*)\n(?P<fence>`{3,})(?P<language>.*)\n(?P<code>(?:.*\n)*?)(?P=fence)$", re.MULTILINE)
NOT_RUN = re.compile(r"<!-- not run: (.+) -->")
INLINE_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
REFERENCE_LINK = re.compile(r"^\[[^\]]+\]: (\S+)$", re.MULTILINE)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


class Block(NamedTuple):
    """A block of code.

    Attributes:
        language: the word after the fence; empty without one.
        code: its lines.
        reason: why it is not run; empty for a block that is run.
    """

    language: str
    code: str
    reason: str


def blocks(text: str) -> list[Block]:
    """Return the blocks of code of a document, in order."""
    found = []
    for match in FENCE.finditer(f"\n{text}"):
        reason = NOT_RUN.fullmatch(match["before"].strip())
        found.append(Block(match["language"].strip(), match["code"], reason[1] if reason else ""))
    return found


def links(text: str) -> list[str]:
    """Return the targets of all links and images of a document that lead to files or headings."""
    prose = FENCE.sub("", f"\n{text}")
    targets = [*INLINE_LINK.findall(prose), *REFERENCE_LINK.findall(prose)]
    return [target for target in targets if not re.match(r"[a-z]+:", target)]


def anchors(text: str) -> set[str]:
    """Return the anchors of a document's headings, as GitHub and MyST name them."""
    names = set()
    for heading in HEADING.findall(FENCE.sub("", f"\n{text}")):
        words = re.sub(r"[^\w\- ]", "", re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower())
        names.add(words.strip().replace(" ", "-"))
    return names


def runnable(language: str) -> dict[str, list[str]]:
    """Return the code of the blocks in a language that are run, by document."""
    found = {
        name: [block.code for block in blocks(text) if block.language == language and not block.reason]
        for name, text in DOCUMENTS.items()
    }
    return {name: codes for name, codes in found.items() if codes}
