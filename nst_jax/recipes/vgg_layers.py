"""The names of VGG-19's layers, in the order in which the network computes them.

Plain data, so that a recipe can be validated without importing jax. `convB_I` is the output of a convolution before its
ReLU, `reluB_I` the output after the ReLU, and `poolB` the pooling that ends block B (Simonyan & Zisserman 2015, table
1, column E).
"""

from collections.abc import Iterable

from nst_jax.errors import InputError

CONVOLUTIONS_PER_BLOCK = (2, 2, 4, 4, 4)
VGG19_WIDTHS = (64, 128, 256, 512, 512)

CONVOLUTIONS = tuple(
    f"conv{block}_{index}"
    for block, count in enumerate(CONVOLUTIONS_PER_BLOCK, start=1)
    for index in range(1, count + 1)
)


def _layer_names() -> tuple[str, ...]:
    names: list[str] = []
    for block, count in enumerate(CONVOLUTIONS_PER_BLOCK, start=1):
        for index in range(1, count + 1):
            names += [f"conv{block}_{index}", f"relu{block}_{index}"]
        names.append(f"pool{block}")
    return tuple(names)


LAYERS = _layer_names()


def block_of(name: str) -> int:
    """Return the number, 1 to 5, of the block that the layer `name` belongs to."""
    return int(name[4])


def stride(name: str) -> int:
    """Return the stride of the layer `name`: the number of image pixels between its positions along each axis."""
    poolings = block_of(name) if name.startswith("pool") else block_of(name) - 1
    return 1 << poolings


def require_size(height: int, width: int, layers: Iterable[str]) -> None:
    """Check that an image is large enough to give each layer at least one position.

    Args:
        height: the height of the image, in pixels.
        width: the width of the image, in pixels.
        layers: the layers in use.

    Raises:
        InputError: when the image is too small; the message names the deepest layer.
    """
    deepest = max(layers, key=stride, default="conv1_1")
    if min(height, width) < stride(deepest):
        raise InputError(
            f"At {width}x{height} pixels the picture is too small for the layer {deepest}, which needs "
            f"{stride(deepest)} on each side; give a larger --size or shallower layers."
        )
