"""All settings of a stylization, in the option groups of `--help`.

Plain data. The string under each field is the help of its command-line option, and the docstring of each class is the
heading of its group. `--help` breaks lines where this file does, so a sentence begins on a line of its own.
"""

import dataclasses

from nst_jax.recipes.technical_settings import LossSettings, NetworkSettings, OptimizerSettings
from nst_jax.recipes.types import ColorMethod, Resize, StartColors

__all__ = [
    "ColorSettings",
    "LossSettings",
    "MemorySettings",
    "MethodSettings",
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
    Larger shows finer detail, but takes more time and memory; 0 keeps the size of the photograph."""

    resize: Resize = "long"
    """What --size sets: the long side, the short side, or both sides (squash).
    long and short keep the aspect ratio; squash distorts the photograph into a square.
    The style picture is resized by the same rule."""

    supersampling: float | None = None
    """Compute with this many times the width and height, 1 (off) to 4, then reduce to the size of the result.
    Textures like bricks or knitting get finer, and edges smoother.
    Time and memory grow with the square, 2.25 times for 1.5, if the steps stay as many.
    None (the default): 656 divided by --size, but at least 1.28 and at most 1.6.
    It is 1 for a --size of 0, below 128, or from 1312 on; above 1024, the picture is computed at 1312 at most."""

    upscale_to_original: bool = False
    """At the end, resize the result to the size of the photograph, which shrinks it if the photograph is smaller.
    After --resize squash, this restores the shape too. With --size 0 the result has that size already."""

    style_size: int = 0
    """Size of the style picture in pixels, 16 to 16384, measured as --resize says; larger gives larger strokes.
    The style picture is brought to this size after --style-crop, enlarged or shrunk.
    0: the size of the result; a smaller style picture then stays as it is, unless --enlarge-style is given."""

    style_scale: float = 1.0
    """Factor for the size of the style picture, 0.05 to 20: 2 makes strokes twice as large, 0.5 half as large.
    It multiplies the size that --style-size, --resize and --enlarge-style give."""

    style_crop: str = ""
    """Use only the rectangle X,Y,W,H of the style picture: left edge, top edge, width and height.
    In pixels of the style picture's file, counted from its upper left corner.
    The same rectangle is cut from each style picture and each --style-mask; give masks the size of their pictures."""

    enlarge_style: bool = False
    """If the style picture is smaller than the result, enlarge it to the size of the result, which blurs its strokes.
    Without this option, it keeps its own size (times --style-scale), if the network sees at least 8 positions of it
    (64 pixels with the default layers); a smaller one is enlarged to that.
    No effect with --style-size or --resize squash, which set the size in any case."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class MemorySettings:
    """Memory for large pictures; the result does not depend on these, except for rounding."""

    tile: str = "auto"
    """Compute the network tile by tile, which takes less memory and more time: auto, off, or the side in pixels.
    auto: whole if that fits into memory, otherwise in the largest tiles that fit.
    A number, 16 to 16384: in tiles of about that side if the picture is larger.
    The fast network has tiles of its own."""

    max_memory: str = ""
    """The most memory to use, such as 4GB or 800MB; smaller tiles are then used, or the picture is refused.
    None given: that of the machine, or of the GPU or TPU, less a part for other programs."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class MethodSettings:
    """The method: an optimization for each picture, or one pass through a trained network."""

    fast: bool = False
    """Stylize in one pass of a small network that was trained for this, in less than a second.
    Without it, each picture is optimized, which takes longer and follows the style more closely.
    Only sizes, --style-strength, --color, --style-blend, masks, --seed and files can be combined with it;
    other settings belong to the optimization and are an error."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class StrengthSettings:
    """How strongly style, content and smoothness count."""

    style_strength: float | None = None
    """Strength of the style, from 0 (the photograph unchanged) to 1 (the content has no weight).
    The same number gives a similar effect for all pictures, sizes and networks. The default weights are as strong as
    about 0.5, less where the two pictures are alike; with --fast, the default is 1.
    It takes the place of --content-weight and --style-weight; giving one of them as well is an error.
    It also scales --tv-weight and the recoloring of --start-colors style and --recolor-content: at 0 they do nothing.
    (At 0 with another --init than content, the result approaches the photograph.)
    None (the default): --content-weight and --style-weight apply."""

    content_weight: float = 2.0
    """Weight of the content, 0 or more: higher keeps the objects of the photograph more faithfully.
    Only the ratios of --content-weight, --style-weight and --tv-weight matter, except with lbfgs-fixed:
    twice all three gives the same result."""

    style_weight: float = 30.0
    """Weight of the style, 0 or more, compared with --content-weight: higher applies the style more strongly."""

    tv_weight: float = 20.0
    """Weight of smoothness, 0 or more, compared with the other two: higher gives a smoother result, 0 turns it off.
    Penalizes differences between neighboring pixels (total variation)."""

    tv_color: float = 40.0
    """Weight of color differences in --tv-weight, relative to that of brightness differences, 0 or more.
    Higher leaves fewer colored specks; 1 treats both alike, and 0 ignores differences of color."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ColorSettings:
    """The colors of the result, and those to start with."""

    color: ColorMethod = "style"
    """Where the colors of the result come from.
    style: from the style picture.
    match: from the photograph, by recoloring the style picture before the run.
    match-cholesky: as match, by another formula (Gatys et al. 2016, eq. 3), which shifts hues more.
    luminance: from the photograph, by stylizing only its brightness."""

    start_colors: StartColors = "style"
    """The colors to start with; only for --init content.
    content: those of the photograph.
    style: the photograph is recolored to the mean and covariance of the colors of the style picture.
    Large forms of the style can then appear in even areas."""

    recolor_content: bool = True
    """Compare the content of the result with the photograph recolored as for --start-colors style.
    With --no-recolor-content it is compared with the photograph itself.
    More of its colors then remain, as tints and as fringes along edges. At --style-strength 0, no effect."""

    smooth_chroma: float = 1.75
    """Blur the colors of the finished picture, but not its brightness, by this deviation in pixels, 0 to 20.
    It removes colored noise, and is hardly seen on edges; 0 leaves it out. At --style-strength 0, no effect.
    The deviation is reduced where the picture would otherwise have less detail of color than both the photograph and
    the style pictures."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class MixtureSettings:
    """Mixtures of several styles in one result."""

    style_blend: tuple[float, ...] = ()
    """With several style pictures: mix them with these weights, one for each, in the same order, such as 3 1.
    Only the ratios of the weights count."""

    style_groups: tuple[str, ...] = ()
    """With several style pictures: the layers of --style-layers that each is used for, one group for each style.
    Deeper layers see larger strokes. For two styles, for example:
    relu1_1,relu2_1 relu3_1,relu4_1
    A number of groups other than that of styles, or a style layer in no group, is an error.
    If a layer is in several groups, --style-blend weights those styles (by default alike)."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class StepSettings:
    """The number of optimization steps, the sizes from coarse to fine, and the starting picture."""

    steps: int | None = None
    """Number of optimization steps at the final size, 1 or more; more takes longer and lowers the loss further.
    Of a result of more than 1312 pixels, it is that at the largest size up to 656, see --fine-steps.
    Each step evaluates the loss and its gradient once, with every optimizer.
    None (the default): 62 with a --supersampling of 1.25 or more or a --size above 1312, and 90 otherwise."""

    coarse_steps: int = 45
    """Number of optimization steps at each size below the final one, 1 or more; at most --steps are taken."""

    fine_steps: int = 16
    """Of a result of more than 1312 pixels: number of steps at each size of more than 656 pixels.
    Forms and strokes come from the smaller sizes; more steps replace large strokes by small ones, and take long.
    At these sizes, a small style picture is enlarged. At most --steps are taken; 0: no size is treated so."""

    first_steps: int = 0
    """Number of optimization steps at the smallest size; 0: the same as --coarse-steps.
    It may exceed --steps, and has no effect if the final size is the only one."""

    scales: int = 0
    """The largest number of sizes to work at, one after another from small to large.
    Starting small gives large strokes; 1 works at the final size only.
    0: as many as --min-size allows, but only the final size if --init is the path of a picture."""

    scale_factor: float = 2.0
    """How many times larger each working size is than the one before, 1.1 to 8; lower gives more sizes."""

    min_size: int = 128
    """The smallest long side of a working size in pixels, 16 or more.
    Lower allows more sizes, up to --scales if that is set."""

    keep_detail: bool = True
    """When the picture is enlarged to the next size, blur it slightly, against textures like bricks in even areas.
    With --init content, the fine detail of the photograph that it could not show yet is then added.
    It is added at most as strongly as the style picture has such detail.
    With --no-keep-detail, neither is done, and objects come out less clearly."""

    init: str = "content"
    """Picture to start from: content, fast, noise, grey, style, or the path of a picture.
    content is the photograph, in the colors that --start-colors says.
    fast is the picture that --fast would make; like a picture of your own, it is continued at the final size.
    A picture is continued at the final size, so that its detail counts, unless --scales asks for smaller sizes first.
    noise is a random color for each pixel; style is the style picture, cut to the shape of the result.
    grey is the mean color of ImageNet's pictures, with noise of standard deviation 0.001 where white is 255."""

    jitter: float | None = None
    """Fraction of the steps at each size, 0 to 1, in which the network sees the picture shifted by a few pixels.
    The shift differs from step to step. These are the last steps at each size.
    They use Adam, whatever --optimizer is.
    This prevents a regular grain, which the grid of the network's pooling layers would cause; 0 turns it off.
    None (the default): 1 with --optimizer adam, 0.5 with lbfgs and lbfgs-fixed."""

    seed: int = 0
    """Seed of the random noise of --init noise and --init grey, a whole number from 0; another seed gives other noise.
    No effect with other starting pictures."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings(
    OptimizerSettings,
    NetworkSettings,
    LossSettings,
    StepSettings,
    MixtureSettings,
    ColorSettings,
    StrengthSettings,
    MemorySettings,
    SizeSettings,
    MethodSettings,
):
    """All settings of a run, not validated; `Recipe` validates them."""
