"""Finds the network that a name or a path stands for."""

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

# What nst-jax-convert is told to write to have its result found by name.
CONVERTED_NAME = "vgg19.h5"
TORCHVISION_NAME = "vgg19-torchvision.h5"
TORCHVISION_URL = "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth"
EMBEDDED_NAME = "vgg19-slim.h5"


class NetworkWarning(UserWarning):
    """Another network than the best one is used; the message says which, and what that means for the picture."""


def load_network(
    network: str = "auto",
    *,
    progress: Callable[[], ProgressBar] | None = None,
    published: pretrained.KnownFile = pretrained.VGG19,
) -> NetworkWeights:
    """The parameters of a network.

    Args:
        network: "vgg19": the pretrained VGG-19 from the cache or from `weights/`, else downloaded;
            "embedded": the small network that comes with the program;
            "auto": on an accelerator "vgg19", or "embedded" with a `NetworkWarning` where it cannot be had; on a CPU,
            where the full width takes its time, "embedded";
            "vgg19-torchvision": the one that torchvision trained, once it was converted, from the cache or `weights/`;
            "random": a network of the same size with random filters (He, Wang & Hopcroft 2016), to compare with;
            anything else: the path of an HDF5 weight file.
        progress: makes the progress bar of a download.
        published: the file to look for and download.

    Raises:
        InputError: when the path or "vgg19" cannot be had, or a file is not what it should be.
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
    by_hand = f"download {published.urls[0]} and give its path as --network"
    try:
        return hdf5.read(download(published, cache_dir(), progress))
    except DownloadError as error:
        if network == "vgg19":
            raise InputError(f"{error} To do it by hand, {by_hand}.") from error
        warnings.warn(
            "The pretrained VGG-19 could not be had, so the small embedded network is used, which comes near to it but "
            f"sees less. For the full quality, {by_hand}.",
            NetworkWarning,
            stacklevel=2,
        )
        return _embedded()


def _torchvision() -> NetworkWeights:
    """It is half a gigabyte in PyTorch's format, with the layers that nobody here needs, so it is converted by hand."""
    for place in (cache_dir(), bundled_dir("weights")):
        if (place / TORCHVISION_NAME).exists():
            weights = hdf5.read(place / TORCHVISION_NAME)
            if weights.preprocessing == "torchvision" and weights.convolutions["conv1_1"][1].size == VGG19_WIDTHS[0]:
                return weights
            raise InputError(
                f"{place / TORCHVISION_NAME} is not torchvision's VGG-19; move it away and convert it anew."
            )
    raise InputError(
        f"Torchvision's VGG-19 is not here; download {TORCHVISION_URL} (575 MB) and run python "
        f"nst-jax-convert vgg19-dcbb9e9d.pth {cache_dir() / TORCHVISION_NAME}, or take another --network."
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
