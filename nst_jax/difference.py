"""In what two runs differ, for people."""

from typing import Any


def first_difference(found: Any, wanted: dict[str, Any]) -> str:
    """The first setting that is not the same, in words: what was found, and what is wanted."""
    for key, value in wanted.items():
        other = found.get(key) if isinstance(found, dict) else None
        if other != value:
            if isinstance(value, dict) and isinstance(other, dict):
                return first_difference(other, value)
            return f"{key.replace('_', ' ')} {other}, not {value}"
    return "other settings"
