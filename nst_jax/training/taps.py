"""The layers at which a student is compared with its teachers."""

import dataclasses

import jax

Activations = dict[str, jax.Array]


@dataclasses.dataclass(frozen=True)
class Tap:
    """How much a layer counts, and of how many positions along each axis one is looked at."""

    weight: float
    spacing: int = 1


# relu2_1 is the hardest: no 32 channels can carry more than some 84 % of the variance of the teacher's 128.
TAPS = {
    "relu1_1": Tap(1.0, spacing=4),
    "relu2_1": Tap(8.0, spacing=2),
    "relu3_1": Tap(2.0),
    "relu3_4": Tap(1.0),
    "relu4_1": Tap(0.7),
    "relu5_1": Tap(0.5),
}


def sampled(activations: Activations) -> Activations:
    """Some positions of each tap, (n, h / spacing, w / spacing, channels): shallow layers have more than are needed.

    The last position of each window is taken, not the first, so that borders are not overrepresented.
    """
    return {
        tap: values[:, TAPS[tap].spacing - 1 :: TAPS[tap].spacing, TAPS[tap].spacing - 1 :: TAPS[tap].spacing]
        for tap, values in activations.items()
    }
