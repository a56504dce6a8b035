"""Plain types of settings: the values that each choice allows, as literal types, and boxes."""

from typing import Literal, NamedTuple

Optimizer = Literal["lbfgs", "lbfgs-fixed", "adam"]
Clipping = Literal["step", "evaluation", "end"]
Pooling = Literal["network", "max", "avg"]
Padding = Literal["zeros", "replicate"]
InputRange = Literal["network", "0-1", "0-256"]
Resize = Literal["long", "short", "squash"]
LayerReduction = Literal["mean", "sum"]
ConvolutionMethod = Literal["auto", "native", "winograd", "bfloat16"]
StyleStatistic = Literal["gram", "mean-std", "wasserstein"]
GramNormalization = Literal["none", "hw", "chw"]
TotalVariationNorm = Literal["l1", "l2", "l2-nine-point", "l2-half-sum"]
ColorMethod = Literal["style", "match", "match-cholesky", "luminance"]
StartColors = Literal["content", "style"]
TunedFor = Literal["any", "caffe", "torchvision"]

MAX_DPI = 10_000


class Box(NamedTuple):
    """A rectangle of an image, in pixels; `left` and `top` count from its upper left corner."""

    left: int
    top: int
    width: int
    height: int


# The beginning of a network's name that is followed by the path of a file of magenta's network.
MAGENTA_PREFIX = "magenta:"
