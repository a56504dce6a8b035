"""Content pictures for the training of the fast network."""

import numpy as np
from jaxtyping import Float

from nst_jax.images.resizing import resize
from nst_jax.training.data import Crops

# Share of crops that are flat colors or gradients, so that skies get a texture without bands.
GRADIENTS = 0.03


def content_crops(
    photographs: list[np.ndarray], paintings: list[np.ndarray], count: int, side: int, generator: np.random.Generator
) -> Crops:
    """Cut random squares, (count, side, side, 3) float32 in [0, 1], most of them of photographs.

    Three quarters of the squares show most of a picture, the others a detail. Half of them are mirrored, and all have a
    change of brightness and color.

    Args:
        photographs: uint8 pictures (height, width, 3).
        paintings: likewise; one crop in ten is from these.
        count: number of crops.
        side: their side in pixels.
        generator: source of the random choices.
    """
    return np.stack([_crop(photographs, paintings, side, generator) for _ in range(count)])


def _crop(
    photographs: list[np.ndarray], paintings: list[np.ndarray], side: int, generator: np.random.Generator
) -> Float[np.ndarray, "side side 3"]:
    if generator.random() < GRADIENTS:
        contrast, darkest = generator.choice([0.2, 1]), generator.uniform(0, 0.8)
        corners = np.clip(generator.uniform(0, 1, (2, 2, 3)) * contrast + darkest, 0, 1)
        return resize(corners.astype(np.float32), side, side)
    pictures = paintings if generator.random() < 0.1 else photographs
    picture = pictures[generator.integers(len(pictures))]
    short = min(picture.shape[:2])
    # Most of the picture, since the statistics of the style are to be met by the whole: small crops of even areas would
    # all have to be covered with texture. Some details, in which the network sees pictures larger than in training.
    fraction = generator.uniform(0.7, 1) if generator.random() < 0.75 else generator.uniform(0.3, 0.7)
    length = max(round(fraction * short), min(short, side // 2))
    top, left = (int(generator.integers(extent - length + 1)) for extent in picture.shape[:2])
    part = resize(picture[top : top + length, left : left + length].astype(np.float32) / 255, side, side)
    if generator.random() < 0.5:
        part = part[:, ::-1]
    gamma, gain = generator.uniform(0.7, 1.4), generator.uniform(0.9, 1.1, 3)
    return np.clip(part**gamma * gain, 0, 1).astype(np.float32)
