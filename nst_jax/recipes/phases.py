"""Phases of the steps at one scale: consecutive runs of steps with the same objective and optimizer."""

from typing import NamedTuple

from nst_jax.recipes.recipe import Recipe

# Without jitter, the fraction of the steps at the final scale that use Huber's loss of the style layers. The remaining
# steps minimize the plain losses.
HUBER_FRACTION = 0.75


class Phase(NamedTuple):
    """A phase of the steps at one scale.

    Attributes:
        steps: its number of steps, 1 or more.
        huber: whether style layers use Huber's loss, if `recipe.style_huber` is positive.
        jitter: whether each step sees the image from another offset; such steps use Adam.
    """

    steps: int
    huber: bool
    jitter: bool


def phases(recipe: Recipe, steps: int, *, is_last_scale: bool) -> tuple[Phase, ...]:
    """Return the phases of one scale, in order.

    Args:
        recipe: the settings.
        steps: the number of steps at this scale, 1 or more.
        is_last_scale: whether this is the final size, where the last phase has no Huber's loss.
    """
    jitter_steps = int(recipe.jitter_fraction * steps)
    if jitter_steps:
        parts = [Phase(steps - jitter_steps, True, False), Phase(jitter_steps, not is_last_scale, True)]
    elif recipe.style_huber and is_last_scale:
        huber_steps = int(HUBER_FRACTION * steps)
        parts = [Phase(huber_steps, True, False), Phase(steps - huber_steps, False, False)]
    else:
        parts = [Phase(steps, True, False)]
    return tuple(phase for phase in parts if phase.steps)
