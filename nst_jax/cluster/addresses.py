"""Addresses of storages, told from paths; imported at each start of the program, so nothing large is imported here."""

import os
import re


def is_address(word: str) -> bool:
    """Return whether a word is the address of a storage, such as s3://bucket/folder, and no path."""
    return re.match(r"[a-z][a-z0-9+.\-]+(::|://)", word, re.IGNORECASE) is not None and not os.path.exists(word)


def redacted(address: str) -> str:
    """Return an address without the user and password that it may contain, for messages and files."""
    return re.sub(r"://[^/@]+@", "://", address)
