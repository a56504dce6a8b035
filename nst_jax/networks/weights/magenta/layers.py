"""The convolutions of magenta's network by the names that they have in TensorFlow checkpoints, with their shapes.

Ghiasi et al. 2017 (arXiv:1705.06830). A style predictor, InceptionV3 up to Mixed_6e or MobileNetV2, ends in a
bottleneck of 100 numbers; linear maps (`style_params`) make of it the shift and scale of 13 normalizations of the
transformer.
"""

from typing import Literal, NamedTuple, get_args

Predictor = Literal["inception_v3", "mobilenet_v2"]
PREDICTORS = get_args(Predictor)
Padding = Literal["SAME", "VALID", "REFLECT"]
# "batch": batch normalization by moving averages, in place of a bias; "style": conditional instance normalization, in
# place of a bias; "none": a bias.
Norm = Literal["batch", "style", "none"]

BOTTLENECK = 100
BOTTLENECK_SCOPES: dict[Predictor, str] = {"inception_v3": "Conv", "mobilenet_v2": "mobilenet_conv/Conv"}
# The deepest layer of the transformer's encoder, whose 128 channels tell the width of a network.
ENCODER_END = "transformer/contract/conv3"
ENCODER_END_CHANNELS = 128
RESIDUAL_BLOCKS = 5


class Layer(NamedTuple):
    """A convolution.

    Attributes:
        scope: its name in checkpoints, the prefix of the names of its tensors.
        kernel: height and width.
        inputs: the number of input channels.
        outputs: the number of output channels; that of a depthwise convolution is the number of its inputs.
        stride: in both directions.
        padding: "SAME" as in TensorFlow, with zeros and, of an odd number, one more at the end; "VALID": none;
            "REFLECT": half of the kernel, mirrored without repeating the edge.
        norm: what follows it.
        is_depthwise: whether each channel has a filter of its own.
    """

    scope: str
    kernel: tuple[int, int]
    inputs: int
    outputs: int
    stride: int = 1
    padding: Padding = "SAME"
    norm: Norm = "batch"
    is_depthwise: bool = False

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """The shape of the kernel: (height, width, inputs, outputs), of a depthwise one (height, width, channels, 1).

        This is also its shape in checkpoints.
        """
        return (*self.kernel, self.inputs, 1 if self.is_depthwise else self.outputs)


def scaled(channels: int, width: float) -> int:
    """Return the number of channels of a layer at a width; 1 is the published one."""
    return max(1, int(channels * width))


def transformer_layers(width: float) -> tuple[Layer, ...]:
    """Return the convolutions of the transformer in their order.

    Args:
        width: 1 for the published network (32, 64 and 128 channels), 0.25 for its small version.
    """
    small, middle, large = (int(channels * width) for channels in (32, 64, 128))
    encoder = [
        _layer("contract/conv1", 9, 3, small, norm="batch"),
        _layer("contract/conv2", 3, small, middle, stride=2, norm="batch"),
        _layer("contract/conv3", 3, middle, large, stride=2, norm="batch"),
    ]
    residual = [
        _layer(f"residual/residual{block}/conv{index}", 3, large, large)
        for block in range(1, RESIDUAL_BLOCKS + 1)
        for index in (1, 2)
    ]
    decoder = [
        _layer("expand/conv1/conv", 3, large, middle),
        _layer("expand/conv2/conv", 3, middle, small),
        _layer("expand/conv3/conv", 9, small, 3),
    ]
    return (*encoder, *residual, *decoder)


def _layer(name: str, size: int, inputs: int, outputs: int, stride: int = 1, norm: Norm = "style") -> Layer:
    return Layer(f"transformer/{name}", (size, size), inputs, outputs, stride, "REFLECT", norm)


def shift_scope(layer: str) -> str:
    """Return the name of the linear map from the bottleneck to the shift (beta) of a layer of the transformer."""
    return f"style_params/{layer}/StyleNorm/Conv"


def scale_scope(layer: str) -> str:
    """Return the name of the linear map from the bottleneck to the scale (gamma) of a layer of the transformer."""
    return f"style_params/{layer}/StyleNorm/Conv_1"


def style_layers(width: float) -> tuple[Layer, ...]:
    """Return the linear maps from the bottleneck to shifts and scales, as 1x1 convolutions.

    Args:
        width: that of the transformer.
    """
    return tuple(
        Layer(scope(layer.scope), (1, 1), BOTTLENECK, layer.outputs, norm="none")
        for layer in transformer_layers(width)
        if layer.norm == "style"
        for scope in (shift_scope, scale_scope)
    )


def bottleneck_layer(predictor: Predictor, inputs: int) -> Layer:
    """Return the 1x1 convolution from the mean features of the predictor to the 100 numbers of a style."""
    return Layer(BOTTLENECK_SCOPES[predictor], (1, 1), inputs, BOTTLENECK, norm="none")
