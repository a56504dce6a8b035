"""The taps: the layers at which the student's activations are matched with its teachers'."""

import dataclasses

import jax

Activations = dict[str, jax.Array]


@dataclasses.dataclass(frozen=True)
class Tap:
    """A layer whose activations are matched.

    Attributes:
        weight: weight of the layer in the loss.
        spacing: stride of the positions used along each axis, in units of the layer's positions.
    """

    weight: float
    spacing: int = 1


# relu2_1 has the largest weight because it is the hardest to match: no 32 channels can explain more than about 84 % of
# the variance of the teacher's 128.
TAPS = {
    "relu1_1": Tap(1.0, spacing=4),
    "relu2_1": Tap(8.0, spacing=2),
    "relu3_1": Tap(2.0),
    "relu3_4": Tap(1.0),
    "relu4_1": Tap(0.7),
    "relu5_1": Tap(0.5),
}


def sampled(activations: Activations) -> Activations:
    """Subsample the positions of each tap by its spacing; shallow layers have more positions than are needed.

    The last position of each window is taken, not the first, so that borders are not overrepresented.

    Args:
        activations: {tap: (n, height, width, channels)}.

    Returns:
        {tap: (n, height / spacing, width / spacing, channels)}.
    """
    return {
        tap: values[:, TAPS[tap].spacing - 1 :: TAPS[tap].spacing, TAPS[tap].spacing - 1 :: TAPS[tap].spacing]
        for tap, values in activations.items()
    }
