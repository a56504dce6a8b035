"""What a stylisation is asked to do.

Plain, frozen, checked data without any import of jax, so that `--help` is instant. The command line and the Python API
take the same dataclass.
"""

import dataclasses
import math
import typing
from typing import Literal

from nst_jax.errors import InputError
from nst_jax.layers import LAYERS

Optimizer = Literal["lbfgs", "adam"]
Pooling = Literal["max", "avg"]
ConvolutionMethod = Literal["auto", "native", "winograd", "bfloat16"]
StyleStatistic = Literal["gram", "mean-std"]
GramNormalization = Literal["none", "hw", "chw"]
TotalVariationNorm = Literal["l1", "l2"]

MAX_SIZE = 16384


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recipe:
    """All settings of a run.

    Raises:
        InputError: when a setting is impossible by itself or together with another.
    """

    size: int = 512
    """Long side of the result in pixels, aspect kept; 0 keeps the size of the content picture."""

    steps: int = 100
    """How many times the loss and its gradient are evaluated at the final size, with L-BFGS and Adam alike."""

    coarse_steps: int = 30
    """The same at each smaller size, or --steps where that is less."""

    scales: int = 0
    """At most how many sizes the picture is painted at, each half of the next, for large strokes; 1 paints at the final
    size alone; 0 as many as --min-size allows."""

    min_size: int = 128
    """Long side of the smallest of these sizes in pixels."""

    optimizer: Optimizer = "lbfgs"
    """L-BFGS gets to a lower loss in fewer steps; Adam needs less memory."""

    learning_rate: float = 0.02
    """Adam's step in units of the pixel range [0, 1]; L-BFGS finds its own step."""

    spectral_exponent: float = 0.35
    """How much more freely L-BFGS moves coarse structure than fine; 0 treats all pixels alike, as it does by itself."""

    init: str = "content"
    """The picture to start from: content, noise, style, or the path of a picture."""

    content_weight: float = 1.0
    """How strongly the objects of the content picture are held."""

    style_weight: float = 30.0
    """How strongly the style is applied."""

    tv_weight: float = 20.0
    """Weight of the total variation: more gives a smoother picture."""

    content_layers: tuple[str, ...] = ("relu4_2",)
    """Layers whose features hold the content, such as relu4_2."""

    content_layer_weights: tuple[float, ...] = ()
    """One weight for each content layer, only their ratios count; none given means equal weights."""

    style_layers: tuple[str, ...] = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
    """Layers whose statistics make the style; deeper ones see larger strokes."""

    style_layer_weights: tuple[float, ...] = ()
    """One weight for each style layer, only their ratios count; none given means equal weights."""

    style_statistic: StyleStatistic = "gram"
    """What the style is: Gram matrices (Gatys et al. 2015) or means and standard deviations (Li et al. 2017)."""

    gram_normalization: GramNormalization = "hw"
    """What Gram matrices are divided by: nothing, the number of positions, or positions times channels."""

    relative: bool = True
    """Measure each layer against its target, so that weights mean the same on every network and layer."""

    tv_norm: TotalVariationNorm = "l2"
    """Total variation of absolute (l1) or squared (l2) differences."""

    pooling: Pooling = "max"
    """The network's pooling; avg gives smoother pictures."""

    network: str = "auto"
    """auto (on a GPU or TPU vgg19 if it can be had, else embedded), vgg19 (pretrained, 80 MB), embedded (small, fast),
    random, or the path of a weight file."""

    convolution: ConvolutionMethod = "auto"
    """How to convolve: native, winograd (faster on CPUs, the same up to rounding), auto (the faster), or bfloat16
    (three digits, faster on GPUs and TPUs)."""

    seed: int = 0
    """Seed of the noise that --init noise starts from."""

    def steps_at(self, sizes: int) -> tuple[int, ...]:
        """The steps at each of so many sizes, coarsest first."""
        return (min(self.coarse_steps, self.steps),) * (sizes - 1) + (self.steps,)

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers of the network that have a say: those of the terms with weight."""
        content = self.content_layers if self.content_weight > 0 else ()
        return (*content, *(self.style_layers if self.style_weight > 0 else ()))

    def __post_init__(self) -> None:
        self._check_choices()
        if self.size != 0 and not 16 <= self.size <= MAX_SIZE:
            raise InputError(f"The size must be 0 or between 16 and {MAX_SIZE} pixels, not {self.size}; 512 is usual.")
        if self.steps < 1:
            raise InputError(f"The number of steps must be at least 1, not {self.steps}; 100 is usual.")
        if self.coarse_steps < 1:
            raise InputError(f"The number of coarse steps must be at least 1, not {self.coarse_steps}; 30 is usual.")
        if self.scales < 0:
            raise InputError(f"The number of scales must be 0 (as many as fit) or more, not {self.scales}.")
        if self.min_size < 16:
            raise InputError(f"The smallest size must be at least 16 pixels, not {self.min_size}; 128 is usual.")
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise InputError(f"The learning rate must be a positive number, not {self.learning_rate}; 0.02 is usual.")
        if not 0 <= self.spectral_exponent <= 2:
            raise InputError(
                f"The spectral exponent must be between 0 and 2, not {self.spectral_exponent}; 0.35 is usual."
            )
        if not 0 <= self.seed < 2**32:
            raise InputError(f"The seed must be between 0 and 2**32 - 1, not {self.seed}.")
        for name in ("content_weight", "style_weight", "tv_weight"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise InputError(f"The {name.replace('_', ' ')} must be zero or a positive number, not {value}.")
        if self.content_weight == self.style_weight == self.tv_weight == 0:
            raise InputError("All weights are zero, which leaves nothing to do; give one of them a positive value.")
        self._check_layers("content", self.content_weight, self.content_layers, self.content_layer_weights)
        self._check_layers("style", self.style_weight, self.style_layers, self.style_layer_weights)

    def _check_choices(self) -> None:
        for field in dataclasses.fields(self):
            choices = typing.get_args(field.type)
            if typing.get_origin(field.type) is Literal and getattr(self, field.name) not in choices:
                raise InputError(
                    f"The {field.name.replace('_', ' ')} must be one of {', '.join(choices)}, "
                    f"not {getattr(self, field.name)!r}."
                )

    @staticmethod
    def _check_layers(kind: str, weight: float, layers: tuple[str, ...], layer_weights: tuple[float, ...]) -> None:
        if weight > 0 and not layers:
            raise InputError(f"The {kind} weight is positive but no {kind} layer is named; name one, such as relu3_1.")
        for layer in layers:
            if layer not in LAYERS:
                raise InputError(
                    f"There is no layer '{layer}' in VGG-19; layers are conv1_1 to conv5_4, relu1_1 to relu5_4 and "
                    "pool1 to pool5."
                )
        if len(set(layers)) < len(layers):
            raise InputError(f"A {kind} layer is named twice; name each once and use --{kind}-layer-weights instead.")
        if layer_weights and len(layer_weights) != len(layers):
            raise InputError(
                f"There are {len(layers)} {kind} layers but {len(layer_weights)} weights for them; give one for each."
            )
        if not all(math.isfinite(value) and value >= 0 for value in layer_weights):
            raise InputError(f"The weights of the {kind} layers must be zero or positive numbers.")
        if layer_weights and sum(layer_weights) == 0:
            raise InputError(f"The weights of the {kind} layers are all zero; use --{kind}-weight 0 to leave it out.")
