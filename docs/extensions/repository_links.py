"""Documents of the repository that lie outside of `docs/`, as pages; and links to files that are no pages.

Some documents, such as CONTRIBUTING.md, are read in the repository first, and the site shows the same text. A link that
leads to a page becomes a link of the site; one to another file of the repository becomes the name of that file.
"""

import os
import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

DOCS = Path(__file__).parents[1]
ROOT = DOCS.parent
# The page of the site, and the document of the repository whose text it has.
MIRRORED = {
    "project/changelog": ROOT / "CHANGELOG.md",
    "project/contributing": ROOT / "CONTRIBUTING.md",
    "project/networks": ROOT / "weights" / "README.md",
    "project/sample_images": ROOT / "examples" / "README.md",
}
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)\s]+)\)")
REFERENCE = re.compile(r"^\[([^\]]+)\]: (\S+)$", re.MULTILINE)


def rewrite(text: str, folder: Path, page_folder: Path) -> str:
    """Rewrite the links of a document for the site.

    Args:
        text: the document, in Markdown.
        folder: the folder of the document, from which its links lead.
        page_folder: the folder of the page of the site.

    Returns:
        The document, whose links lead to pages of the site or to other hosts.
    """

    def page(target: str) -> str | None:
        """Return the link of the site for a target; None for a file that is no page."""
        path, _, anchor = target.partition("#")
        if not path or re.match(r"[a-z]+:", target):
            return target
        full = Path(os.path.normpath(folder / path))
        names = {document: DOCS / f"{name}.md" for name, document in MIRRORED.items()}
        full = names.get(full, full)
        if not full.is_relative_to(DOCS):
            return None
        return os.path.relpath(full, page_folder) + (f"#{anchor}" if anchor else "")

    def inline(match: re.Match[str]) -> str:
        label, target = match.groups()
        link = page(target)
        if link is not None:
            return f"[{label}]({link})"
        name = os.path.relpath(os.path.normpath(folder / target.partition("#")[0]), ROOT)
        return f"`{name}`" if label.strip("`/") == name else f"{label} (`{name}`)"

    def reference(match: re.Match[str]) -> str:
        return f"[{match[1]}]: {page(match[2]) or match[2]}"

    parts, end = [], 0
    for fence in [*FENCE.finditer(text), None]:
        prose = text[end : fence.start() if fence else len(text)]
        parts += [REFERENCE.sub(reference, INLINE.sub(inline, prose)), fence[0] if fence else ""]
        end = fence.end() if fence else end
    return "".join(parts)


def on_source_read(app: Sphinx, name: str, source: list[str]) -> None:
    """Put the text of a mirrored document into its page, and rewrite links."""
    page_folder = (DOCS / name).parent
    if name in MIRRORED:
        app.env.note_dependency(MIRRORED[name])
        source[0] = rewrite(MIRRORED[name].read_text(encoding="utf-8"), MIRRORED[name].parent, page_folder)
    elif Path(app.env.doc2path(name)).suffix == ".md":
        source[0] = rewrite(source[0], page_folder, page_folder)


def setup(app: Sphinx) -> dict[str, Any]:
    """Rewrite each document before it is parsed."""
    app.connect("source-read", on_source_read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
