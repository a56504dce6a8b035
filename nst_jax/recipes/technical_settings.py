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

    content_layers: tuple[str, ...] = ("relu3_2", "relu4_2")
    """Network layers whose features represent the content.
    Shallower layers keep tones and edges more faithfully, deeper ones only the arrangement of forms."""

    content_layer_weights: tuple[float, ...] = ()
    """Weight of each layer of --content-layers, in the same order; none given means equal weights."""

    style_layers: tuple[str, ...] = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
    """Network layers whose statistics represent the style; deeper layers see larger strokes.
    Layers beyond relu4_1 also see whole objects, so that eyes and faces of the style may appear in the result."""

    style_layer_weights: tuple[float, ...] | None = None
    """Weight of each layer of --style-layers, in the same order.
    None: 1 1 2 0.5 for the default layers in their default order, and equal weights otherwise."""

    layer_reduction: LayerReduction = "mean"
    """How the losses of several layers are combined: mean (weighted by the layer weights) or sum (weighted too).
    With mean, only the ratios of the layer weights count."""

    style_statistic: StyleStatistic = "gram"
    """How the style of a layer is measured.
    gram: Gram matrices, the products of all pairs of channels (Gatys et al. 2015).
    mean-std: mean and standard deviation of each channel (Li et al. 2017).
    wasserstein: means and covariances, compared by the Wasserstein distance.
    --gram-normalization affects only gram."""

    gram_normalization: GramNormalization = "hw"
    """What Gram matrices are divided by: none (nothing), hw (number of positions) or chw (positions times channels).
    hw and chw differ only with --no-relative."""

    style_huber: float = 0.1
    """Limit the pull of style layers that are far from the style, so that they do not erase the content; 0: no limit.
    A layer is limited (by Huber's loss) while its weighted loss is more than this number times a reference loss.
    The reference is the weighted content loss of all-zero features, divided by the number of style layers.
    (Or a thirtieth of the layer's own weighted loss of all-zero features, if that is larger.)
    Lower limits more. The limit is on in all steps below the final size.
    At the final size it is off in the steps with --jitter (by default all), or without jitter in the last quarter."""

    relative: bool = True
    """Divide the loss of each layer by the loss of all-zero features, so that it is a relative error.
    The same weights then mean the same on every network and layer; --style-strength always does so.
    Otherwise the losses are absolute, as in most published methods."""

    tv_norm: TotalVariationNorm = "l2"
    """How --tv-weight measures differences between neighboring pixels.
    l1: mean of absolute differences; l2: mean of squared differences.
    l2-nine-point: mean of squared differences, diagonal neighbors included.
    l2-half-sum: half of the sum of squared differences, which grows with the number of pixels."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class NetworkSettings:
    """The neural network that analyzes the pictures."""

    network: str = "auto"
    """Name of the network, or the path of a weight file (.h5; nst-jax-convert makes one from other formats).
    auto: on a CPU embedded; on a GPU or TPU vgg19, or embedded if vgg19 is missing and cannot be downloaded.
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
    """How pixels are converted for the network; leave it at network except to repeat a published method.
    network: as in its training.
    0-1: without subtracting the mean and dividing by the standard deviation.
    0-256: as network, but white is 256 instead of 255."""

    tuned_for: TunedFor = "any"
    """The network whose activations the loss weights were chosen for; only for --no-relative.
    caffe is vgg19, torchvision is vgg19-torchvision; any: no particular network.
    On another network, activations are rescaled to the size that they have on this one; any never rescales."""

    convolution: ConvolutionMethod = "auto"
    """How convolutions are computed: auto, native, winograd or bfloat16.
    native: by the standard method of the device.
    winograd: with fewer multiplications; faster for wide layers on a CPU, with the same result up to rounding.
    auto: winograd for the wide layers of vgg19 on a CPU, unless the run is short; otherwise native.
    bfloat16: faster on GPUs and TPUs, but with only about three digits of precision."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class OptimizerSettings:
    """The optimizer: the algorithm that changes the pixels step by step."""

    optimizer: Optimizer = "adam"
    """The algorithm that changes the pixels; steps with --jitter always use Adam.
    lbfgs: L-BFGS with a line search; reaches a lower loss in fewer steps.
    lbfgs-fixed: L-BFGS without a line search, as in PyTorch and Torch7.
    adam: Adam; needs less memory."""

    learning_rate: float = 0.0
    """Step length of Adam, in units of --pixel-range: a positive number stays the same in all steps.
    0: automatic; at each size it falls, along a cosine, from 0.12 times the contrast of the starting picture to zero.
    (Contrast: the standard deviation, with coarse structure weakened as much as --spectral-exponent strengthens it.)
    Higher changes the picture faster, but too high a value makes the loss rise.
    lbfgs and lbfgs-fixed use it only in their steps with --jitter."""

    average: float = 0.0
    """Average the pictures of successive steps of --optimizer adam, with this decay: at least 0 and less than 1.
    The average is what is shown and saved, and has less noise; it starts anew at each size.
    0.99 is usual, closer to 1 averages more steps, 0 turns it off."""

    adam_beta1: float = 0.9
    """Decay of Adam's running mean of the gradient, at least 0 and less than 1; closer to 1 remembers more steps."""

    adam_beta2: float = 0.99
    """Decay of Adam's running mean of the squared gradient, at least 0 and less than 1.
    Closer to 1 remembers more steps."""

    adam_epsilon: float = 1e-8
    """Small positive number, added to what Adam divides the gradient by (the root of its mean square).
    In units of gradients for pixels in --pixel-range; it keeps Adam from dividing by zero."""

    adam_epsilon_hat: bool = False
    """Add --adam-epsilon before the bias correction of the mean square, as TensorFlow does, instead of after it."""

    carry_moments: bool = False
    """Let Adam start each size with the running means of the size before, enlarged, instead of with zeros."""

    lbfgs_memory: int = 30
    """Number of past steps that lbfgs and lbfgs-fixed remember, 1 to 1000; more takes more memory."""

    spectral_exponent: float = 0.5
    """How much more strongly lbfgs and adam change coarse structure than fine structure, 0 to 2.
    Gradients and steps are multiplied by spatial frequency to the power of minus this number; 0 treats all alike."""

    opponent_colors: bool = True
    """Let lbfgs and adam change color less than brightness, because in natural pictures it varies less.
    Color here means differences of red, green and blue: red against blue, and green against both.
    Otherwise colored speckle remains."""

    pixel_range: float = 1.0
    """Value of white, above 0, in the units in which lbfgs-fixed and adam compute; black is 0.
    It sets the units of --learning-rate, --adam-epsilon and the first step of lbfgs-fixed.
    Published settings often use 255."""

    clipping: Clipping = "step"
    """When lbfgs-fixed and adam bring pixels back between black and white; lbfgs always does so after each step.
    step: after each step.
    evaluation: after each step too, but lbfgs-fixed remembers its step as it was before, as in the PyTorch tutorial.
    end: only in the finished picture."""
