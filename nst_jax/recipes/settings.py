"""All settings of a stylization, in the groups that `--help` shows; plain data, in words for people who paint."""

import dataclasses

from nst_jax.recipes.types import (
    Clipping,
    ColorMethod,
    ConvolutionMethod,
    GramNormalization,
    InputRange,
    LayerReduction,
    Optimizer,
    Padding,
    Pooling,
    Resize,
    StartColors,
    StyleStatistic,
    TotalVariationNorm,
    TunedFor,
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class SizeSettings:
    """How large the picture is, and its style."""

    size: int = 512
    """Long side of the result in pixels, aspect kept; 0 keeps the size of the content picture."""

    resize: Resize = "long"
    """What --size is: the long side, the short side, or both (squash, which distorts). The style is treated alike."""

    upscale_to_original: bool = False
    """Enlarge the result to the content picture's own size at the end."""

    style_size: int = 0
    """The style's --size where it is to be another: a larger style gives larger strokes; 0 takes the result's."""

    style_scale: float = 1.0
    """The style's size as a multiple: 2 gives strokes twice as large, 0.5 half as large."""

    style_crop: str = ""
    """X,Y,W,H: use this part of the style picture only, in its own pixels, from the upper left corner."""

    enlarge_style: bool = False
    """Enlarge a style picture that is smaller than it should be, which blurs it; without, it stays as it is."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class StrengthSettings:
    """How much of the style, of the content, and of smoothness."""

    style_strength: float | None = None
    """From 0, the photograph, to 1, all style; 0.5 is usual. The same number looks alike for all pictures, sizes and
    networks. It takes the place of --content-weight and --style-weight."""

    content_weight: float = 2.0
    """How strongly the objects of the content picture are held."""

    style_weight: float = 30.0
    """How strongly the style is applied."""

    tv_weight: float = 20.0
    """Weight of the total variation: more gives a smoother picture."""

    tv_color: float = 10.0
    """How many times as much the total variation counts in color differences as in the gray of the picture: more leaves
    fewer colored specks; 1 treats all alike."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class MixtureSettings:
    """Whose colors, and how several styles become one painting."""

    color: ColorMethod = "style"
    """Whose colors: the style's; the content's, by recoloring the style beforehand (match, match-cholesky); or the
    content's, by painting its luminance alone."""

    style_blend: tuple[float, ...] = ()
    """With several styles: mix them into one painting, with these weights; only their ratios count."""

    style_groups: tuple[str, ...] = ()
    """With several styles: the layers that each is for, as in relu1_1,relu2_1 relu3_1,relu4_1,relu5_1 for two."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class StepSettings:
    """How long it is painted, from coarse to fine, and from what start."""

    steps: int = 90
    """How many times the loss and its gradient are evaluated at the final size, with L-BFGS and Adam alike."""

    coarse_steps: int = 30
    """The same at each smaller size, or --steps where that is less."""

    first_steps: int = 0
    """The same at the smallest size, if it is to be another number than at those in between; 0: it is not."""

    scales: int = 0
    """At most how many sizes the picture is painted at, for large strokes; 1 paints at the final size alone; 0 as many
    as --min-size allows."""

    scale_factor: float = 2.0
    """How much larger each of these sizes is than the one before."""

    min_size: int = 128
    """Long side of the smallest of these sizes in pixels."""

    keep_detail: bool = True
    """Give back, between sizes, the detail that the content lost by being made smaller, no louder than the style's."""

    init: str = "content"
    """The picture to start from: content, noise, grey (the mean color with noise of 1e-3), style, or the path of a
    picture."""

    start_colors: StartColors = "style"
    """Whose colors --init content starts with: the content's own, or those of the style (their mean and covariance),
    which lets large forms of the style appear in even areas."""

    jitter: float = 0.5
    """The part of the steps at each size, the last ones, for which the picture is moved by a few pixels from step to
    step, so that no grain can form along the network's pooling grid; these steps are Adam's. 0 leaves them out."""

    seed: int = 0
    """Seed of the noise that --init noise starts from."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class LossSettings:
    """What is taken for content and for style: for those who know the papers."""

    content_layers: tuple[str, ...] = ("relu4_2",)
    """Layers whose features hold the content, such as relu4_2."""

    content_layer_weights: tuple[float, ...] = ()
    """One weight for each content layer; none given means equal weights."""

    style_layers: tuple[str, ...] = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
    """Layers whose statistics make the style; deeper ones see larger strokes."""

    style_layer_weights: tuple[float, ...] = ()
    """One weight for each style layer; none given means equal weights."""

    layer_reduction: LayerReduction = "mean"
    """The layers' losses are averaged, so that only ratios of layer weights count, or summed up."""

    style_statistic: StyleStatistic = "gram"
    """What the style is: Gram matrices (Gatys et al. 2015), means and standard deviations (Li et al. 2017), or means
    and covariances, held together by the Wasserstein distance."""

    gram_normalization: GramNormalization = "hw"
    """What Gram matrices are divided by: nothing, the number of positions, or positions times channels."""

    style_huber: float = 0.1
    """A style layer that is far off pulls with a bounded force (Huber's loss), so that the content is not painted over
    at first; far is where its loss is above this part of the content's largest, or of a thirtieth of its own. Not in
    the last quarter of the steps at the final size; with 0 never."""

    relative: bool = True
    """Measure each layer against its target, so that weights mean the same on every network and layer."""

    tv_norm: TotalVariationNorm = "l2"
    """Total variation of absolute (l1) or squared (l2) differences; l2-nine-point has diagonal neighbors too;
    l2-half-sum is half of the sum in place of the mean."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class NetworkSettings:
    """The network that looks at the pictures."""

    network: str = "auto"
    """auto (on a GPU or TPU vgg19 if it can be had, else embedded), vgg19 (pretrained, 80 MB), vgg19-torchvision (if it
    was converted), embedded (small, fast), random, or the path of a weight file."""

    pooling: Pooling = "network"
    """The pooling between blocks: the one that the network was trained with (avg for embedded, max for the others), or
    max or avg in any case; avg gives smoother pictures."""

    padding: Padding = "replicate"
    """What the first convolution sees beyond the edges; replicate gives cleaner borders."""

    input_range: InputRange = "network"
    """What pixels are brought to for the network: what it was trained with; 0-1 without mean and deviation; or 0-256
    where it was trained with 0-255."""

    tuned_for: TunedFor = "any"
    """Whose activations the weights are meant for where they are not --relative; those of a narrower network, or one
    with another input convention, are brought to that scale."""

    convolution: ConvolutionMethod = "auto"
    """How to convolve: native, winograd (faster on CPUs, the same up to rounding), auto (the faster), or bfloat16
    (three digits, faster on GPUs and TPUs)."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class OptimizerSettings:
    """The optimizer that changes the pixels."""

    optimizer: Optimizer = "lbfgs"
    """L-BFGS gets to a lower loss in fewer steps; lbfgs-fixed is the one of PyTorch and Torch7, without a line search;
    Adam needs less memory."""

    learning_rate: float = 0.007
    """Adam's step, in units of --pixel-range; L-BFGS finds its own step."""

    average: float = 0.0
    """Decay of Adam's moving average over the pictures of all steps, which is then the result and has less noise; 0.99
    is usual, 0 takes none."""

    adam_beta1: float = 0.9
    """Adam's memory of the gradient."""

    adam_beta2: float = 0.99
    """Adam's memory of the gradient's square."""

    adam_epsilon: float = 1e-8
    """Adam's epsilon, in units of --pixel-range."""

    adam_epsilon_hat: bool = False
    """Add epsilon before the bias is corrected, as TensorFlow does."""

    carry_moments: bool = False
    """Let Adam begin a size with the moments of the last one, enlarged."""

    lbfgs_memory: int = 30
    """How many steps L-BFGS remembers."""

    spectral_exponent: float = 0.5
    """How much more freely L-BFGS and Adam move coarse structure than fine; 0 treats all pixels alike, as they do by
    themselves."""

    opponent_colors: bool = True
    """Let L-BFGS and Adam change colors less freely than luminance, as much as they vary less in pictures; without,
    they leave colored speckle."""

    pixel_range: float = 1.0
    """The range of pixels that lbfgs-fixed and Adam work on, such as 255, so that published settings can be given."""

    clipping: Clipping = "step"
    """When lbfgs-fixed and Adam bring pixels back into their range: after each step; at the evaluation, unknown to
    L-BFGS, as the PyTorch tutorial does; or at the end alone."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings(
    OptimizerSettings, NetworkSettings, LossSettings, StepSettings, MixtureSettings, StrengthSettings, SizeSettings
):
    """All settings of a run, unchecked; `Recipe` is the checked form."""
