"""The complete description of a run: images, settings and network."""

import dataclasses
from collections.abc import Sequence

from nst_jax.engine.checkpoint import Checkpoint
from nst_jax.engine.preprocess import working_size
from nst_jax.engine.watch import Watch
from nst_jax.errors import InputError
from nst_jax.images.picture import Picture
from nst_jax.networks.weights.of_recipe import AnyWeights
from nst_jax.recipes.normalization import whole_number
from nst_jax.recipes.recipe import Recipe


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """A batch of content images to stylize in one style or one mixture of styles.

    Attributes:
        contents: one or more images that have one shape once they are resized by the recipe's rule.
        styles: one style image, or several to be mixed, or one for each region of the content.
        recipe: the settings.
        weights: the network's parameters.
        content_mask: regions of the contents, the same for all; see `images.masks.regions`.
        style_masks: none, or one for each style.
        checkpoint: the file to save the state of the run in and to resume from; the caller removes it at the end.
        original_shapes: empty, unless the contents were resized by the recipe and then padded at their lower and right
            edges, to have one shape. Then the (height, width) of the file of each content: the padding is cropped from
            its result, which with `upscale_to_original` gets this size.
        every: report progress also after each multiple of this number of steps; None: only about twice a second.
        watch: who is told of the plan and, in tiles, of the progress within a step; None for nobody.

    Raises:
        InputError: without a content, without a style, or when `every` is not positive.
    """

    contents: Sequence[Picture]
    styles: Sequence[Picture]
    recipe: Recipe
    weights: AnyWeights
    content_mask: Picture | None = None
    style_masks: Sequence[Picture] = ()
    checkpoint: Checkpoint | None = None
    original_shapes: Sequence[tuple[int, int]] = ()
    every: int | None = None
    watch: Watch | None = None

    def __post_init__(self) -> None:
        if not self.contents:
            raise InputError("There is no content picture; give at least one.")
        if not self.styles:
            raise InputError("There is no style picture; give at least one.")
        if self.every is not None:
            object.__setattr__(self, "every", whole_number("number_of_steps", self.every))
        if self.every is not None and self.every < 1:
            raise InputError(f"Results can be had every 1 step or more, not every {self.every}.")

    def working_size(self) -> tuple[int, int]:
        """Return the height and width at which all contents are stylized; see `preprocess.working_size`.

        Raises:
            InputError: when they differ.
        """
        shapes = {working_size(content.rgb.shape, self.recipe) for content in self.contents}
        (height, width), *others = shapes
        if others:
            raise InputError(
                f"The pictures of a batch must have one shape, but fitted to the size some have {width}x{height} "
                f"pixels, others {others[0][1]}x{others[0][0]}; stylize them apart."
            )
        return height, width
