"""Identifiers of jobs, pictures and experiments: 20 digits and lower-case letters, safe as names of files."""

import re
import secrets
import string

LENGTH = 20
PATTERN = re.compile(r"[0-9a-z]{20}")
SAMPLE = "sample"
_ALPHABET = string.digits + string.ascii_lowercase


def new_id() -> str:
    """Return a new random identifier; it never begins like that of a sample."""
    while True:
        name = "".join(secrets.choice(_ALPHABET) for _ in range(LENGTH))
        if not name.startswith(SAMPLE):
            return name


def is_id(text: object) -> bool:
    """Return whether a value from a request is an identifier, so that it may become part of a file name."""
    return isinstance(text, str) and PATTERN.fullmatch(text) is not None


def sample_id(name: str) -> str:
    """Return the identifier of a sample picture: its name without other characters, padded with zeros."""
    plain = "".join(character for character in name.lower() if character in _ALPHABET)
    return (SAMPLE + plain)[:LENGTH].ljust(LENGTH, "0")
