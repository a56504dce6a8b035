"""All settings of a stylization, in the option groups of `--help`.

Plain data. The string under each field is the help of its command-line option, and the docstring of each class is the
heading of its group. `--help` breaks lines where this file does, so a sentence begins on a line of its own.
"""

import dataclasses

from nst_jax.recipes.technical_settings import LossSettings, NetworkSettings, OptimizerSettings
from nst_jax.recipes.types import ColorMethod, Resize, StartColors

__all__ = [
    "LossSettings",
    "MixtureSettings",
    "NetworkSettings",
    "OptimizerSettings",
    "Settings",
    "SizeSettings",
    "StepSettings",
    "StrengthSettings",
]


@dataclasses.dataclass(frozen=True, kw_only=True)
class SizeSettings:
    """The size of the result, and the size of the style picture."""

    size: int = 512
    """Size of the result in pixels, 16 to 16384: its long side, unless --resize says otherwise.
    Larger shows finer detail, but takes more time and memory; 0 keeps the size of the content picture."""

    resize: Resize = "long"
    """The side that --size sets: long (the long side), short (the short side), or squash (both).
    squash makes the result a square and distorts it, unless --upscale-to-original restores the shape.
    The style picture is resized by the same rule."""

    upscale_to_original: bool = False
    """At the end, resize the result to the size of the content picture, whether that is larger or smaller.
    With --size 0 the result has that size already."""

    style_size: int = 0
    """Size of the style picture in pixels, 0 or 16 to 16384, measured as --resize says, after --style-crop.
    Larger gives larger strokes; 0 uses the size of the result.
    The style picture is enlarged to this size if it is smaller."""

    style_scale: float = 1.0
    """Factor for the size of the style picture, 0.05 to 20: 2 makes strokes twice as large, 0.5 half as large.
    It multiplies --style-size, or without that the size that the style picture would have."""

    style_crop: str = ""
    """Use only a rectangle of the style picture, as X,Y,W,H: left edge, top edge, width and height.
    In pixels of the style picture's file, counted from its upper left corner.
    The same rectangle is cut from each style picture and each --style-mask; give masks the size of their pictures."""

    enlarge_style: bool = False
    """Enlarge a style picture that is smaller than the result to the size of the result, which blurs its strokes.
    Otherwise it keeps its own size, if the network sees at least 8 positions of it (64 pixels with the default layers).
    --style-scale then multiplies that size.
    No effect with --style-size or --resize squash, which always enlarge."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class StrengthSettings:
    """How strongly style, content and smoothness count."""

    style_strength: float | None = None
    """Strength of the style, from 0 (with --init content, the photograph unchanged) to 1 (only style); 0.5 is usual.
    The same number gives a similar effect for all pictures, sizes and networks.
    It sets the weights of content and style, so --content-weight or --style-weight beside it is an error.
    The weight of smoothness, --tv-weight, grows with it, from none at 0.
    None: --content-weight and --style-weight apply."""

    content_weight: float = 3.0
    """Weight of the content, 0 or more: higher keeps the objects of the content picture more faithfully.
    With adam and lbfgs, only the ratios of --content-weight, --style-weight and --tv-weight matter."""

    style_weight: float = 30.0
    """Weight of the style, 0 or more, relative to --content-weight: higher applies the style more strongly."""

    tv_weight: float = 20.0
    """Weight of smoothness, 0 or more, relative to the other two: higher gives a smoother picture, 0 turns it off.
    Penalizes differences between neighboring pixels (total variation)."""

    tv_color: float = 40.0
    """Factor by which --tv-weight penalizes differences of color more than those of brightness, 0 or more.
    Higher leaves fewer colored specks; 1 treats both alike."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class MixtureSettings:
    """The colors of the result, and mixtures of several styles."""

    color: ColorMethod = "style"
    """Where the colors of the result come from.
    style: from the style picture.
    match: from the content picture, by recoloring the style picture before the run.
    match-cholesky: as match, but by another formula of the same paper, which shifts hues more; match is usually better.
    luminance: from the content picture, by stylizing only its brightness."""

    style_blend: tuple[float, ...] = ()
    """With several style pictures: mix them with these weights, one for each, in the same order, such as 3 1.
    Only the ratios of the weights count."""

    style_groups: tuple[str, ...] = ()
    """With several style pictures: the network layers that each is used for, one group per style in the same order.
    For example relu1_1,relu2_1 relu3_1,relu4_1 for two styles; deeper layers see larger strokes.
    Each layer of --style-layers must be in a group; --style-blend weights the styles of a layer in several groups."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class StepSettings:
    """The number of optimization steps, the sizes from coarse to fine, and the starting picture."""

    steps: int = 90
    """Number of optimization steps at the final size, 1 or more; more takes longer and lowers the loss further.
    Each step evaluates the loss and its gradient once, with every optimizer."""

    coarse_steps: int = 60
    """Number of optimization steps at each size below the final one, 1 or more; more than --steps counts as --steps."""

    first_steps: int = 0
    """Number of optimization steps at the smallest size, if it should differ from --coarse-steps; 0: it does not.
    It may exceed --steps, and has no effect if the final size is the only one."""

    scales: int = 0
    """The most sizes to work at, from small to large: starting small gives large strokes.
    1 works at the final size only; 0 sets no limit, but starts at the final size if --init is the path of a picture.
    --min-size limits the number as well; the lower number counts."""

    scale_factor: float = 2.0
    """How many times larger each working size is than the one before, 1.1 to 8; lower gives more sizes."""

    min_size: int = 128
    """The smallest long side of a working size in pixels, 16 or more; lower allows more sizes, up to --scales."""

    keep_detail: bool = True
    """When going to a larger size, add the fine detail of the content picture that the smaller size could not show.
    It is added at most as strongly as the style picture has such detail.
    Otherwise the picture is blurred at first, and objects come out less clearly.
    Works only with --init content."""

    init: str = "content"
    """Picture to start from: content, noise, grey, style, or the path of a picture.
    A picture is continued at the final size, so that its detail counts, unless --scales asks for smaller sizes first.
    noise is a random color for each pixel; style is the style picture, cut to the shape of the result.
    grey is the mean color of ImageNet's pictures, with noise of standard deviation 0.001 where white is 255."""

    start_colors: StartColors = "style"
    """Colors to start with: content (its own) or style (those of the style picture); only for --init content.
    style matches their mean and covariance, which lets large forms of the style appear in even areas."""

    jitter: float | None = None
    """Fraction of the steps at each size, 0 to 1, that shift the picture by a few pixels, each time differently.
    By default all steps with --optimizer adam, and the last half with lbfgs and lbfgs-fixed.
    Given or not, they are the last steps at each size, and use Adam whatever --optimizer is.
    This prevents a regular grain, which the grid of the network's pooling layers would cause; 0 turns it off."""

    seed: int = 0
    """Seed of the random noise of --init noise and --init grey, a whole number from 0; another seed gives other noise.
    No effect with other starting pictures."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings(
    OptimizerSettings, NetworkSettings, LossSettings, StepSettings, MixtureSettings, StrengthSettings, SizeSettings
):
    """All settings of a run, not validated; `Recipe` validates them."""
