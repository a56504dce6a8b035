"""The known pretrained network: where it is published and how its parameters are recognized.

The pretrained VGG-19 is that of Oxford (Simonyan & Zisserman, CC BY 4.0), in the file that Keras distributes.
"""

import hashlib
from typing import NamedTuple

import numpy as np

from nst_jax.errors import InputError
from nst_jax.networks.weights.parameters import Convolutions

PRETRAINED_NAME = "VGG-19 (pretrained, Oxford)"


class KnownFile(NamedTuple):
    """A published file: its name, size in bytes, hexadecimal MD5, and the URLs of its mirrors."""

    name: str
    size: int
    md5: str
    urls: tuple[str, ...]


_NAME = "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"

VGG19 = KnownFile(
    name=_NAME,
    size=80_134_624,
    md5="253f8cb515780f3b799900260a226db6",
    urls=(
        f"https://storage.googleapis.com/tensorflow/keras-applications/vgg19/{_NAME}",
        f"https://github.com/fchollet/deep-learning-models/releases/download/v0.1/{_NAME}",
    ),
)


class Fingerprint(NamedTuple):
    """Shortened SHA-256 of a layer's bias, of kernel[2, 2, 0], and of the whole kernel, if known."""

    bias: str
    tap: str
    kernel: str | None


# Hashes of little-endian float32 values. One corner of each kernel is enough to recognize a rotated or channel-swapped
# kernel, because the corner is then found at another position.
FINGERPRINTS = {
    "conv1_1": Fingerprint("f8941ad2059e42cc", "f05eb870fb1d1137", "4dfc08de3aa222ed"),
    "conv1_2": Fingerprint("5761d90241981f04", "b5cefc0f1991f965", "db07d0b9c2118789"),
    "conv2_1": Fingerprint("4b770cb032dabd86", "6b98b335103e5224", "f41f25c1340e64c5"),
    "conv2_2": Fingerprint("2b817920c16e27b4", "437277cf1059f4f4", "bc7aa9c12586cebd"),
    "conv3_1": Fingerprint("b00b2e1b3f88d364", "88e059a2f5dc2930", "348cee5bd8f72c64"),
    "conv3_2": Fingerprint("8a2d2d519f265c12", "5a0f5c1a487a0d0f", "6d6e276a1ca728a8"),
    "conv3_3": Fingerprint("9af5673e3e3a99dc", "b7da30b266f94911", "eb9486c7f572d42b"),
    "conv3_4": Fingerprint("2f7261deddc17113", "39f8fd3afe86678b", "b01bfc7af3f8a178"),
    "conv4_1": Fingerprint("4db22eed4328f154", "42be59cf1ec9b2b2", None),
    "conv4_2": Fingerprint("927639a4cf43a652", "56147a6f98cfd70b", None),
    "conv4_3": Fingerprint("c6745626bda6a197", "7bd60788306735e3", None),
    "conv4_4": Fingerprint("5ef6b81525816eb3", "d39100c37a779012", None),
    "conv5_1": Fingerprint("8179000537abc0f2", "3ae36d7b9a9e1bda", None),
    "conv5_2": Fingerprint("43646ac2708c4627", "a0d56ad2e1d1d69e", None),
    "conv5_3": Fingerprint("b0d7ac8760c769d8", "42cc20d17a199306", None),
    "conv5_4": Fingerprint("f4960e334fa65b36", "2725719b1b1a726e", None),
}


def fingerprint_hash(values: np.ndarray) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of the values as little-endian float32."""
    return hashlib.sha256(np.asarray(values, "<f4").tobytes()).hexdigest()[:16]


def is_pretrained_vgg19(convolutions: Convolutions, source: str) -> bool:
    """Return whether these are Oxford's pretrained parameters, by the hashes of biases and kernels in FINGERPRINTS.

    A damaged file is told from another network by its biases: if at least one of them is Oxford's, the file is taken
    for Oxford's network, and everything that differs from it is an error.

    Args:
        convolutions: as `parameters.validate_convolutions` returns them.
        source: the name of the file in messages.

    Returns:
        True if every layer of the file is Oxford's; False if no bias is, so that the file holds another network.

    Raises:
        InputError: if the biases of only some layers are Oxford's, or if layers are swapped, kernels rotated or kernel
            values damaged.
    """
    layer_of_bias = {fingerprint.bias: layer for layer, fingerprint in FINGERPRINTS.items()}
    original_layers = {layer: layer_of_bias.get(fingerprint_hash(bias)) for layer, (_, bias) in convolutions.items()}
    if not any(original_layers.values()):
        return False
    for layer, original in original_layers.items():
        if original is None:
            raise InputError(f"{source} is damaged: its {layer} is not the pretrained VGG-19's, though others are.")
        if original != layer:
            raise InputError(f"{source} has swapped layers: its {layer} holds the pretrained VGG-19's {original}.")
        _check_kernel(layer, convolutions[layer][0], source)
    return True


def _check_kernel(layer: str, kernel: np.ndarray, source: str) -> None:
    expected = FINGERPRINTS[layer]
    if fingerprint_hash(kernel[2, 2, 0]) == expected.tap:
        if expected.kernel in (None, fingerprint_hash(kernel)):
            return
        raise InputError(f"{source} is damaged: the kernel of its {layer} is not the pretrained VGG-19's.")
    if fingerprint_hash(kernel[0, 0, 0]) == expected.tap:
        raise InputError(
            f"{source} has its kernels rotated by 180 degrees (a Theano file); get the file with TensorFlow kernels."
        )
    if fingerprint_hash(kernel[2, 2, -1]) == expected.tap:
        raise InputError(f"{source} has its {layer} swapped to RGB input where the pretrained VGG-19 takes BGR.")
    raise InputError(f"{source} is damaged: the kernel of its {layer} is not the pretrained VGG-19's.")
