"""Fetches a published weight file from the first mirror that serves it right."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from nst_jax.errors import InputError
from nst_jax.networks.weights.pretrained import KnownFile

CONNECT_TIMEOUT_SECONDS = 4
READ_TIMEOUT_SECONDS = 30
ROUNDS = 3


class ProgressBar(Protocol):
    """What a downloader reports to: the interface of a tqdm bar."""

    total: int

    def update(self, amount: int) -> Any:
        """So many bytes more have come."""

    def reset(self) -> Any:
        """Back to no bytes."""

    def close(self) -> Any:
        """All bytes have come."""


class DownloadError(InputError):
    """No mirror could be reached, or none served the right file."""


def download(known: KnownFile, folder: Path, progress: Callable[[], ProgressBar] | None = None) -> Path:
    """Downloads into `folder`, under a temporary name until the checksum is found right.

    Mirrors are tried in turn. Where at least one answered but the transfer broke or the checksum was wrong, all are
    tried again; where none can be reached there is no network, and no more time is spent on it.

    Args:
        known: the file and its mirrors.
        folder: where it goes; made if missing.
        progress: makes a progress bar, one for each attempt.

    Raises:
        DownloadError: when every attempt failed, with the last reason.
    """
    # Slow to import, and needed once in the life of an installation.
    import pooch
    import requests

    pooch.get_logger().setLevel("WARNING")
    timeout = (CONNECT_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS)
    reasons: list[str] = []
    for _ in range(ROUNDS):
        reached = False
        for url in known.urls:
            downloader = pooch.HTTPDownloader(
                progressbar=progress() if progress else False, chunk_size=1 << 16, timeout=timeout
            )
            try:
                return Path(pooch.retrieve(url, f"md5:{known.md5}", known.name, folder, downloader=downloader))
            except requests.exceptions.HTTPError as error:
                reasons.append(f"{url} answered with an error ({error})")
                reached = True
            except (requests.exceptions.ConnectTimeout, requests.exceptions.ConnectionError) as error:
                reasons.append(f"{url} could not be reached ({type(error).__name__})")
            except requests.exceptions.RequestException as error:
                reasons.append(f"{url} broke off ({type(error).__name__})")
                reached = True
            except ValueError:
                reasons.append(f"{url} served a file with the wrong checksum")
                reached = True
            except OSError as error:
                raise DownloadError(f"{known.name} cannot be written into {folder}: {error.strerror}.") from error
        if not reached:
            break
    raise DownloadError(f"{known.name} could not be downloaded: {'; '.join(reasons[-len(known.urls) :])}.")
