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
    """Network layers whose features represent the content; for the names, see --style-layers.
    Shallower layers keep tones and edges more faithfully, deeper ones only the arrangement of forms."""

    content_layer_weights: tuple[float, ...] = ()
    """Weight of each layer of --content-layers, in the same order; none given means equal weights."""

    style_layers: tuple[str, ...] = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
    """Network layers whose statistics represent the style; deeper layers see larger strokes.
    reluB_I is a layer of block B; blocks 1 to 5 have 2, 2, 4, 4 and 4: relu1_1 to relu5_4.
    convB_I is the same before its ReLU, poolB the pooling that ends a block. embedded ends at relu5_1.
    Layers beyond relu4_1 also see whole objects, so that eyes and faces of the style may appear in the result."""

    style_layer_weights: tuple[float, ...] | None = None
    """Weight of each layer of --style-layers, in the same order.
    None (the default): 16 8 4 1, or 1 1 2 0.5 with another --style-statistic than wasserstein.
    With other --style-layers than the default ones, None stands for equal weights."""

    layer_reduction: LayerReduction = "mean"
    """How the losses of the content layers, and those of the style layers, are combined.
    mean: their mean, weighted by the layer weights, of which only the ratios count.
    sum: their sum, each loss multiplied by its layer weight."""

    style_statistic: StyleStatistic = "wasserstein"
    """How the style of a layer is measured.
    wasserstein: means and covariances of the channels, compared by the Wasserstein distance.
    gram: Gram matrices, the products of all pairs of channels (Gatys et al. 2015).
    mean-std: mean and standard deviation of each channel (Li et al. 2017).
    --gram-normalization affects only gram."""

    gram_normalization: GramNormalization = "hw"
    """What Gram matrices are divided by: none (nothing), hw (number of positions) or chw (positions times channels).
    hw and chw differ only with --no-relative."""

    style_huber: float = 0.1
    """Limit the pull of style layers that are far from the style, so that they do not erase the content; 0: no limit.
    A layer is far while its weighted loss is more than this number times a reference, so lower limits more.
    The reference is the weighted content loss of all-zero features, divided by the number of style layers.
    If a thirtieth of the layer's own weighted loss of all-zero features is larger, that is the reference.
    While a layer is far, its loss grows in proportion to the distance and not to its square (Huber's loss).
    The limit is on in all steps below the final size.
    At the final size, it is off in the steps with --jitter, which by default are all.
    Without jitter, it is off in the last quarter of the steps at the final size."""

    relative: bool = True
    """Divide the loss of each layer by the loss of all-zero features, so that it is a relative error.
    The same weights then mean the same on every network and layer.
    With --no-relative the losses are absolute, as in most published methods.
    With --style-strength they are always relative."""

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
    vgg19-torchvision: the VGG-19 of PyTorch's torchvision, which is not downloaded.
    Without its file, the error message has the link and the command to convert it (nst-jax-convert).
    embedded: a small, fast network that comes with the program.
    random: a narrow VGG-19 with random filters, always the same ones, for comparison.
    With --fast: auto and embedded are the fast network of the program.
    With --fast: magenta:FILE is magenta's network in a file that nst-jax-convert has made."""

    pooling: Pooling = "network"
    """How the network reduces resolution between its blocks.
    network: as in its training, by avg for embedded and by max for vgg19, vgg19-torchvision and random.
    max: the maximum of four neighbors.
    avg: their average, which gives smoother results."""

    padding: Padding = "replicate"
    """What the first network layer sees beyond the edges of the picture: zeros, or replicate (the edge's own pixels).
    replicate gives cleaner borders."""

    input_range: InputRange = "network"
    """How pixels are converted for the network; leave it at network except to repeat a published method.
    network: as in its training.
    0-1: without subtracting the mean and dividing by the standard deviation.
    0-256: as network, but white is 256 instead of 255."""

    tuned_for: TunedFor = "any"
    """The network that the loss weights were chosen for; matters only with --no-relative.
    caffe: vgg19; torchvision: vgg19-torchvision; any: no particular network.
    On other networks, activations are rescaled to the size that they have on the named one; any never rescales."""

    convolution: ConvolutionMethod = "auto"
    """How convolutions are computed.
    native: by the standard method of the device.
    winograd: with fewer multiplications; faster for wide networks on a CPU, with the same result up to rounding.
    auto: winograd for networks as wide as vgg19 on a CPU, from conv2_1 on, unless the run is short; otherwise native.
    bfloat16: faster on GPUs and TPUs, but with only about three digits of precision."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class OptimizerSettings:
    """The optimizer: the algorithm that changes the pixels step by step."""

    optimizer: Optimizer = "adam"
    """The algorithm that changes the pixels.
    adam: Adam. Steps with --jitter use it in any case, so that one set of compiled programs is enough.
    lbfgs: L-BFGS with a line search; reaches a lower loss in fewer steps, but needs more memory.
    lbfgs-fixed: L-BFGS without a line search, as in PyTorch and Torch7; for published methods."""

    learning_rate: float = 0.0
    """Step length of Adam, in units of --pixel-range; 0: automatic (recommended), falling to zero at each size.
    A positive number stays the same in all steps.
    Higher changes the picture faster, but too high a value makes the loss rise.
    lbfgs and lbfgs-fixed use it only in their steps with --jitter."""

    average: float = 0.0
    """Average the pictures of successive steps of --optimizer adam, with this decay: at least 0 and less than 1.
    0 turns it off (the default); 0.99 is usual when it is used, and closer to 1 averages more steps.
    The average is what is shown and saved, and has less noise; it starts anew at each size."""

    adam_beta1: float = 0.9
    """Decay of Adam's running mean of the gradient, at least 0 and less than 1; closer to 1 remembers more steps."""

    adam_beta2: float = 0.99
    """Decay of Adam's running mean of the squared gradient, at least 0 and less than 1.
    Closer to 1 remembers more steps."""

    adam_epsilon: float = 1e-8
    """Small positive number that keeps Adam from dividing by zero.
    Adam divides the mean gradient by the root of the mean squared gradient, and this is added to that root.
    It has the unit of the gradient for pixels in --pixel-range."""

    adam_epsilon_hat: bool = False
    """Add --adam-epsilon before the bias correction of the mean square, as TensorFlow does, instead of after it."""

    carry_moments: bool = False
    """Let Adam start each size with the running means of the size before, enlarged, instead of with zeros."""

    lbfgs_memory: int = 30
    """Number of past steps that lbfgs and lbfgs-fixed remember, 1 to 1000; more takes more memory."""

    spectral_exponent: float = 0.5
    """How much more strongly lbfgs and adam change coarse structure than fine structure, 0 (alike) to 2.
    Gradients and steps are divided by the spatial frequency to the power of this number.
    With 0, lbfgs needs more steps, and adam leaves grain."""

    opponent_colors: bool = True
    """Let lbfgs and adam change color less than brightness, because in natural pictures it varies less.
    Color here means differences of red, green and blue: red against blue, and green against both.
    Without it, colored speckle remains. It changes the steps that are taken; --tv-color changes the loss."""

    pixel_range: float = 1.0
    """Value of white, above 0, in the units in which lbfgs-fixed and adam compute; black is 0.
    It sets the units of --learning-rate, --adam-epsilon and the first step of lbfgs-fixed.
    Published settings often use 255."""

    clipping: Clipping = "step"
    """When lbfgs-fixed and adam limit pixels to the range from black to white; lbfgs does so after each step.
    step: after each step.
    evaluation: as step, but lbfgs-fixed remembers its step as it was before the limit, as in the PyTorch tutorial.
    end: only in the finished picture."""
