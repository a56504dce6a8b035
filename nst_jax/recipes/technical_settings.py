"""Settings of the losses, the network and the optimizer; see `settings` for how their strings are used."""

import dataclasses

from nst_jax.recipes.types import (
    Clipping,
    ConvolutionMethod,
    GramNormalization,
    InputRange,
    LayerReduction,
    Optimizer,
    Padding,
    Pooling,
    StyleStatistic,
    TotalVariationNorm,
    TunedFor,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class LossSettings:
    """How content and style are measured; for readers of the papers."""

    content_layers: tuple[str, ...] = ("relu4_2",)
    """Network layers whose features represent the content, such as relu4_2."""

    content_layer_weights: tuple[float, ...] = ()
    """Weight of each layer of --content-layers, in the same order; none given means equal weights."""

    style_layers: tuple[str, ...] = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
    """Network layers whose statistics represent the style; deeper layers see larger strokes.
    Layers beyond relu4_1 also see whole objects, so that eyes and faces of the style may appear in the result."""

    style_layer_weights: tuple[float, ...] | None = None
    """Weight of each layer of --style-layers, in the same order.
    By default 1 1 2 0.5 for the default layers, and equal weights for others."""

    layer_reduction: LayerReduction = "mean"
    """How the losses of several layers are combined: mean or sum.
    With mean, only the ratios of the layer weights count."""

    style_statistic: StyleStatistic = "gram"
    """How the style of a layer is measured.
    gram: Gram matrices, the products of all pairs of channels (Gatys et al. 2015).
    mean-std: mean and standard deviation of each channel (Li et al. 2017).
    wasserstein: means and covariances, compared by the Wasserstein distance."""

    gram_normalization: GramNormalization = "hw"
    """What Gram matrices are divided by: none (nothing), hw (number of positions) or chw (positions times channels)."""

    style_huber: float = 0.1
    """Limit the pull of style layers that are far from the style (Huber's loss), so that they do not erase the content.
    The limit begins where a layer's loss exceeds this fraction of the loss of empty (all zero) features.
    For that, the layer's share of the content term counts, or a thirtieth of its own loss, whichever is larger.
    Lower limits the pull sooner; 0 turns the limit off.
    There is no limit in the last steps at the final size: those with --jitter, or without jitter the last quarter."""

    relative: bool = True
    """Divide the loss of each layer by that of empty (all zero) features.
    The same weights then mean the same on every network and layer."""

    tv_norm: TotalVariationNorm = "l2"
    """How --tv-weight measures differences between neighboring pixels.
    l1: mean of absolute differences; l2: mean of squared differences.
    l2-nine-point: squared differences, diagonal neighbors included.
    l2-half-sum: half of the sum of squared differences."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class NetworkSettings:
    """The neural network that analyzes the pictures."""

    network: str = "auto"
    """Name of the network, or the path of a weight file.
    auto: on a GPU or TPU vgg19 if it is available, otherwise embedded.
    vgg19: the pretrained VGG-19, 80 MB, downloaded when first used.
    vgg19-torchvision: the VGG-19 of PyTorch's torchvision, once it was converted with nst-jax-convert.
    embedded: a small, fast network that comes with the program.
    random: VGG-19 with random filters, for comparison."""

    pooling: Pooling = "network"
    """How the network reduces resolution between its blocks: network, max (maximum) or avg (average).
    network uses what it was trained with: avg for embedded, max for the others.
    avg gives smoother pictures."""

    padding: Padding = "replicate"
    """What the first network layer sees beyond the edges of the picture: zeros, or replicate (the edge's own pixels).
    replicate gives cleaner borders."""

    input_range: InputRange = "network"
    """Range of the pixel values that the network receives; other than network serves to repeat published methods.
    network: as in its training.
    0-1: without subtracting the mean and dividing by the standard deviation.
    0-256: as network, but white is 256 instead of 255."""

    tuned_for: TunedFor = "any"
    """With --no-relative, the network that the weights were chosen for: caffe, torchvision or any.
    On a narrower network, or one with another input convention, activations are rescaled to match that network.
    any never rescales."""

    convolution: ConvolutionMethod = "auto"
    """How convolutions are computed: auto, native, winograd or bfloat16.
    auto chooses the faster of native and winograd.
    winograd is faster on CPUs and gives the same up to rounding.
    bfloat16 is faster on GPUs and TPUs, but has only about three digits of precision."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class OptimizerSettings:
    """The optimizer: the algorithm that changes the pixels step by step."""

    optimizer: Optimizer = "adam"
    """The algorithm that changes the pixels.
    lbfgs: L-BFGS with a line search; reaches a lower loss in fewer steps.
    lbfgs-fixed: L-BFGS without a line search, as in PyTorch and Torch7.
    adam: Adam; needs less memory."""

    learning_rate: float = 0.0
    """Step length of Adam, in units of --pixel-range; with 0, 0.12 of the picture's contrast, falling to zero.
    Higher changes the picture faster, but too high a value makes the loss rise.
    The other optimizers do not use it."""

    average: float = 0.0
    """Average the pictures of all steps of --optimizer adam, with this decay: at least 0 and less than 1.
    The average is the result and has less noise; 0.99 is usual, closer to 1 averages more steps, 0 turns it off."""

    adam_beta1: float = 0.9
    """Decay of Adam's running mean of the gradient, at least 0 and less than 1; closer to 1 remembers more steps."""

    adam_beta2: float = 0.99
    """Decay of Adam's running mean of the squared gradient, at least 0 and less than 1.
    Closer to 1 remembers more steps."""

    adam_epsilon: float = 1e-8
    """Small positive number that keeps Adam from dividing by zero, for pixels in --pixel-range."""

    adam_epsilon_hat: bool = False
    """Let Adam add --adam-epsilon before its bias correction, as TensorFlow does, instead of after it."""

    carry_moments: bool = False
    """Let Adam start each size with the running means of the size before, enlarged, instead of with zeros."""

    lbfgs_memory: int = 30
    """Number of past steps that lbfgs and lbfgs-fixed remember, 1 to 1000; more takes more memory."""

    spectral_exponent: float = 0.5
    """How much more strongly lbfgs and adam change coarse structure than fine structure, 0 to 2.
    Higher favors coarse structure more; 0 treats both alike."""

    opponent_colors: bool = True
    """Let lbfgs and adam change colors less than brightness, as much as they vary less in natural pictures.
    Otherwise colored speckle remains."""

    pixel_range: float = 1.0
    """Value of white on the scale that lbfgs-fixed and adam work on, above 0; black is 0.
    Published settings often use 255."""

    clipping: Clipping = "step"
    """When lbfgs-fixed and adam bring pixels back between black and white.
    step: after each step.
    evaluation: after each step, but L-BFGS remembers the unclipped step, as in the PyTorch tutorial.
    end: only in the finished picture."""
