"""Loading of a network by its name or path."""

import hashlib
import warnings
from collections.abc import Callable
from pathlib import Path

from nst_jax.devices import has_accelerator
from nst_jax.errors import InputError
from nst_jax.files import bundled_dir, cache_dir
from nst_jax.networks.weights import hdf5, pretrained
from nst_jax.networks.weights.download import DownloadError, ProgressBar, download
from nst_jax.networks.weights.parameters import NetworkWeights
from nst_jax.networks.weights.random_init import random_network
from nst_jax.recipes.vgg_layers import CONVOLUTIONS, VGG19_WIDTHS

# Names under which files converted by nst-jax-convert are found.
CONVERTED_NAME = "vgg19.h5"
TORCHVISION_NAME = "vgg19-torchvision.h5"
TORCHVISION_URL = "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"
EMBEDDED_NAME = "vgg19-slim.h5"


class NetworkWarning(UserWarning):
    """A network other than the best one is used; the message names it and its effect on the image."""


def load_network(
    network: str = "auto",
    *,
    progress: Callable[[], ProgressBar] | None = None,
    published: pretrained.KnownFile = pretrained.VGG19,
) -> NetworkWeights:
    """Load the parameters of a network.

    Args:
        network: "vgg19": the pretrained VGG-19 from the cache or from `weights/`, else downloaded;
            "embedded": the small network included in the package;
            "auto": on an accelerator "vgg19", or "embedded" with a `NetworkWarning` if it is not available; on a CPU,
            where the full width is slow, "embedded";
            "vgg19-torchvision": torchvision's VGG-19, converted by nst-jax-convert, from the cache or `weights/`;
            "random": a VGG-19 of a quarter of the width with random filters (He, Wang & Hopcroft 2016), as a baseline;
            anything else: the path of an HDF5 weight file.
        progress: creates the progress bar of a download.
        published: the file to find or download for "vgg19".

    Raises:
        InputError: if the file or the download of the network is not available, or a file has the wrong content.
    """
    if network == "random":
        return random_network()
    if network == "embedded" or (network == "auto" and not has_accelerator()):
        return _embedded()
    if network == "vgg19-torchvision":
        return _torchvision()
    if network not in ("auto", "vgg19"):
        return hdf5.read(Path(network).expanduser())
    for place in (cache_dir(), bundled_dir("weights")):
        if (place / published.name).exists():
            return hdf5.read(_verified_download(place / published.name, published))
        if (place / CONVERTED_NAME).exists():
            return _verified_conversion(place / CONVERTED_NAME)
    manual_download = f"download {published.urls[0]} and give its path as --network"
    try:
        return hdf5.read(download(published, cache_dir(), progress))
    except DownloadError as error:
        if network == "vgg19":
            raise InputError(f"{error} To do it by hand, {manual_download}.") from error
        warnings.warn(
            "The pretrained VGG-19 is not available, so the small embedded network is used, which approximates it. "
            f"For the full quality, {manual_download}.",
            NetworkWarning,
            stacklevel=2,
        )
        return _embedded()


def _torchvision() -> NetworkWeights:
    """Load torchvision's VGG-19 from a file that the user has converted.

    It is not downloaded, because the published file has half a gigabyte including the unused fully connected layers,
    and is in PyTorch's format.
    """
    for place in (cache_dir(), bundled_dir("weights")):
        if (place / TORCHVISION_NAME).exists():
            weights = hdf5.read(place / TORCHVISION_NAME)
            if weights.preprocessing == "torchvision" and weights.convolutions["conv1_1"][1].size == VGG19_WIDTHS[0]:
                return weights
            raise InputError(
                f"{place / TORCHVISION_NAME} is not torchvision's VGG-19; move it away and convert it anew."
            )
    raise InputError(
        f"Torchvision's VGG-19 is not here; download {TORCHVISION_URL} (575 MB) and run "
        f"nst-jax-convert vgg19-dcbb9e9d.pth {cache_dir() / TORCHVISION_NAME}, "
        "or take the embedded network (--network embedded)."
    )


def _embedded() -> NetworkWeights:
    return hdf5.read(bundled_dir("weights") / EMBEDDED_NAME)


def _verified_download(path: Path, published: pretrained.KnownFile) -> Path:
    size = path.stat().st_size
    if size != published.size:
        raise InputError(f"{path} has {size} bytes instead of {published.size}; delete it, and it is downloaded again.")
    with path.open("rb") as file:
        if hashlib.file_digest(file, "md5").hexdigest() != published.md5:
            raise InputError(f"{path} has the wrong checksum; delete it, and it is downloaded again.")
    return path


def _verified_conversion(path: Path) -> NetworkWeights:
    weights = hdf5.read(path)
    if weights.name != pretrained.PRETRAINED_NAME or len(weights.convolutions) < len(CONVOLUTIONS):
        raise InputError(f"{path} is not the whole pretrained VGG-19; move it away, or give its path as --network.")
    return weights
