"""The layers of MobileNetV2 up to layer_19, as TF-slim names them (Sandler et al. 2018, arXiv:1801.04381)."""

from typing import NamedTuple

from nst_jax.networks.weights.magenta.layers import Layer, scaled

_EXPANSION = 6
# Output channels and stride of each inverted residual block.
_BLOCKS = (
    (16, 1),
    *((24, 2), (24, 1)),
    *((32, 2), (32, 1), (32, 1)),
    *((64, 2), (64, 1), (64, 1), (64, 1)),
    *((96, 1), (96, 1), (96, 1)),
    *((160, 2), (160, 1), (160, 1)),
    (320, 1),
)


class Block(NamedTuple):
    """Convolutions in a row, each with batch normalization and, except for the projection of a residual block, ReLU6.

    Attributes:
        name: the end point, such as expanded_conv_3.
        layers: an ordinary convolution; or the expansion (not in the first block), the depthwise convolution and the
            projection of an inverted residual block.
        adds_input: whether the input of the block is added to its output.
    """

    name: str
    layers: tuple[Layer, ...]
    adds_input: bool = False


def mobilenet_v2_blocks(width: float = 1) -> tuple[Block, ...]:
    """Return the blocks in their order; the last one has 1280 channels at the published width.

    Args:
        width: 1 for the published network; other widths are for tests.
    """
    first = Layer("MobilenetV2/Conv", (3, 3), 3, scaled(32, width), 2)
    blocks = [Block("Conv", (first,))]
    channels = first.outputs
    for index, (published, stride) in enumerate(_BLOCKS):
        name = f"expanded_conv_{index}" if index else "expanded_conv"
        scope = f"MobilenetV2/{name}"
        inner = channels * _EXPANSION if index else channels
        outputs = scaled(published, width)
        expand = [Layer(f"{scope}/expand", (1, 1), channels, inner)] if index else []
        depthwise = Layer(f"{scope}/depthwise", (3, 3), inner, inner, stride, is_depthwise=True)
        project = Layer(f"{scope}/project", (1, 1), inner, outputs)
        adds_input = stride == 1 and channels == outputs
        blocks.append(Block(name, (*expand, depthwise, project), adds_input))
        channels = outputs
    last = Layer("MobilenetV2/Conv_1", (1, 1), channels, scaled(1280, width))
    return (*blocks, Block("Conv_1", (last,)))
