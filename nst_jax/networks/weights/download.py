"""Download of a published weight file from the first mirror that serves the right content."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from nst_jax.errors import InputError
from nst_jax.networks.weights.pretrained import KnownFile

CONNECT_TIMEOUT_SECONDS = 4
READ_TIMEOUT_SECONDS = 30
ROUNDS = 3


class ProgressBar(Protocol):
    """The interface of a tqdm bar, to which the download reports its progress."""

    total: int

    def update(self, amount: int) -> Any:
        """Advance by the given number of bytes."""

    def reset(self) -> Any:
        """Reset to 0 bytes."""

    def close(self) -> Any:
        """Close the bar after the last byte."""


class DownloadError(InputError):
    """Every mirror was unreachable or failed to serve the right file."""


def download(known: KnownFile, folder: Path, progress: Callable[[], ProgressBar] | None = None) -> Path:
    """Download a file into `folder`, under a temporary name until its checksum is verified.

    Mirrors are tried in turn. If at least one responded, but with an error, a broken transfer or a wrong checksum, all
    are tried again, up to ROUNDS times. If none can be reached, there is no network and the function gives up.

    Args:
        known: the file and its mirrors.
        folder: the destination; created if missing.
        progress: creates a progress bar, one for each attempt.

    Returns:
        The path of the file.

    Raises:
        DownloadError: if every attempt failed, with the reasons of the last ones, or if the file cannot be written.
    """
    # Imported here, because the imports are slow and a download happens once per installation.
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
