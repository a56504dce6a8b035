"""The names of results: each is that of its content with another suffix, and all are distinct."""

import unicodedata
from collections import Counter
from collections.abc import Sequence, Set


def target_names(relatives: Sequence[str], suffix: str, taken: Set[str] = frozenset()) -> list[str]:
    """Return a path for the result of each content. All of them are distinct.

    A target is the content's relative path with another suffix. Contents whose targets would be the same, as those of
    `a.jpg` and `a.png`, keep their suffix: `a.jpg.png` and `a.png.png`; if a target is the same even then, a number is
    added. Names that differ only in case or in Unicode normalization count as the same, because they are the same file
    on some systems. The targets do not depend on the order of the contents.

    Args:
        relatives: the paths of the contents relative to their folder, with slashes.
        suffix: the suffix of the results, such as ".png".
        taken: keys (see `key_of`) of further names that no result may have.

    Returns:
        The targets, in the order of the contents.
    """
    keys = [key_of(with_suffix(relative, suffix)) for relative in relatives]
    counts = Counter(keys)
    clashing = [index for index, key in enumerate(keys) if counts[key] > 1 or key in taken]
    if not clashing:
        return [with_suffix(relative, suffix) for relative in relatives]
    clashes = set(clashing)
    used = {key for index, key in enumerate(keys) if index not in clashes}
    renamed: dict[int, str] = {}
    for index in sorted(clashing, key=lambda index: relatives[index].split("/")):
        candidate, number = relatives[index] + suffix, 2
        while (key := key_of(candidate)) in used or key in taken:
            candidate, number = f"{relatives[index]}-{number}{suffix}", number + 1
        renamed[index] = candidate
        used.add(key)
    return [renamed.get(index) or with_suffix(relative, suffix) for index, relative in enumerate(relatives)]


def with_suffix(relative: str, suffix: str) -> str:
    """Return a path with another suffix in place of its own, which it need not have."""
    folder, slash, name = relative.rpartition("/")
    dot = name.rfind(".")
    # As in pathlib, a dot at the beginning or at the end is no beginning of a suffix.
    return f"{folder}{slash}{name[:dot] if 0 < dot < len(name) - 1 else name}{suffix}"


def key_of(path: str) -> str:
    """Return what is the same for names that are the same file on some system."""
    return path.casefold() if path.isascii() else unicodedata.normalize("NFC", path).casefold()
