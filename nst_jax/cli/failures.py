"""Lines about images that failed."""

import os
import re


def describe_failure(path: str | os.PathLike[str], reason: str) -> str:
    """Return one line about an image that failed, which names its file once.

    Args:
        path: the path or address of the content.
        reason: why it failed; most reasons name the file themselves, by its path or at their beginning by its name.

    >>> describe_failure("photos/a.jpg", "photos/a.jpg is empty; give another file.")
    'photos/a.jpg is empty; give another file.'
    >>> describe_failure("photos/a.jpg", "the loss was not finite")
    'photos/a.jpg: the loss was not finite'
    """
    text = os.fspath(path)
    if re.search(rf"(?<![\w/\\]){re.escape(text)}(?![\w/\\]|\.\w)", reason):
        return reason
    name = re.split(r"[/\\]", text)[-1]
    if reason.startswith(f"{name} "):
        return f"{text}{reason.removeprefix(name)}"
    return f"{text}: {reason}"
