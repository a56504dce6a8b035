"""Listings of folders that may have millions of files, of which not all are in memory at once."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from nst_jax.cluster.storage_faults import persistently

# Threads that list the subfolders of an object storage, each of which answers with 1000 names at a time.
LISTERS = 16


def walk_local(folder: str, ancestors: tuple[str, ...] = ()) -> Iterator[tuple[str, os.stat_result]]:
    """Yield the files below a folder of this machine; links that lead in circles are not followed.

    Args:
        folder: its path.
        ancestors: the resolved paths of the folders above it.

    Yields:
        The path and the status of each file.
    """
    real = os.path.realpath(folder)
    if real in ancestors or not os.path.isdir(folder):
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from walk_local(entry.path, (*ancestors, real))
            elif entry.is_file():
                yield entry.path, entry.stat()


def walk_s3(system: Any, path: str) -> Iterator[dict[str, Any]]:
    """Yield the objects below a prefix of S3, page by page; the subfolders of the first level at the same time.

    Args:
        system: the file system of s3fs.
        path: the bucket and the prefix, with a slash between them.

    Yields:
        What S3 says of each object, with its "name", the bucket included, and its "size".
    """
    bucket, _, prefix = path.partition("/")
    subfolders: list[str] = []
    yield from _pages(system, bucket, f"{prefix}/" if prefix else "", subfolders)
    with ThreadPoolExecutor(LISTERS) as pool:
        for entries in pool.map(lambda each: list(_pages(system, bucket, each, None)), subfolders):
            yield from entries


def _pages(system: Any, bucket: str, prefix: str, subfolders: list[str] | None) -> Iterator[dict[str, Any]]:
    options = {"Bucket": bucket, "Prefix": prefix} | ({} if subfolders is None else {"Delimiter": "/"})
    while True:
        page = persistently(lambda: system.call_s3("list_objects_v2", **options))
        for info in page.get("Contents", ()):
            # Some programs write empty objects for folders.
            if not info["Key"].endswith("/"):
                yield {**info, "name": f"{bucket}/{info['Key']}", "size": info["Size"]}
        if subfolders is not None:
            subfolders += [each["Prefix"] for each in page.get("CommonPrefixes", ())]
        if not page.get("IsTruncated"):
            return
        options["ContinuationToken"] = page["NextContinuationToken"]
