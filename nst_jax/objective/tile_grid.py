"""The division of an image into overlapping windows, such that the network computes in them what it does on the whole.

The network is divided into segments, each of which is computed window by window on the complete output of the one
before. A window has a margin around the positions that it owns, as wide as the segment's layers see; where the image
ends, so does the window, so that paddings are those of the whole. In shallow layers, which need the most memory,
margins are narrow; deep layers, whose margins are wide, see maps so small that their windows can be larger.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from nst_jax.recipes.vgg_layers import LAYERS, stride

# The layer after which the network is divided. Its output takes little memory: an eighth of that of conv1_2.
CUT = "pool2"
# The windows of the second segment are larger by this factor along each side, and still need less memory.
DEEP_FACTOR = 2


class Segment(NamedTuple):
    """Consecutive layers of the network.

    Attributes:
        after: the layer whose output is the input of the segment; None for the image.
        layers: the layers of the segment that the objective uses, in the network's order.
        output: the layer whose output is the input of the next segment; None for the last segment.
    """

    after: str | None
    layers: tuple[str, ...]
    output: str | None

    @property
    def stride(self) -> int:
        """The number of image pixels between the positions of the segment's input."""
        return 1 if self.after is None else stride(self.after)

    @property
    def taps(self) -> tuple[str, ...]:
        """All layers of the segment whose activations are needed."""
        return self.layers if self.output is None or self.output in self.layers else (*self.layers, self.output)

    @property
    def alignment(self) -> int:
        """The grid in positions of the input on which windows and tiles begin, so that poolings have their windows."""
        return max(map(stride, self.taps)) // self.stride

    @property
    def margin(self) -> int:
        """How far the deepest layer sees in each direction, in positions of the input, rounded up to the alignment."""
        first = 0 if self.after is None else LAYERS.index(self.after) + 1
        seen = 0
        for name in LAYERS[first : 1 + max(map(LAYERS.index, self.taps))]:
            step = stride(name) // self.stride
            # A pooling needs whole windows, so that what is wrong at the edge reaches the next multiple of its stride.
            seen = seen + step if name.startswith("conv") else -(-seen // step) * step
        return -(-seen // self.alignment) * self.alignment


class Window(NamedTuple):
    """A window along one axis, in positions of the segment's input.

    Attributes:
        start: where it begins.
        first: the first position that it owns, counted from its beginning.
        last: the end of the positions that it owns, counted from its beginning.
    """

    start: int
    first: int
    last: int


class Grid(NamedTuple):
    """All windows of a segment.

    Attributes:
        height: the height of each window in positions of the segment's input.
        width: the width of each.
        windows: (windows, 6) int32: start, first and last of the rows, then of the columns.
    """

    height: int
    width: int
    windows: np.ndarray


def segments(layers: Iterable[str]) -> tuple[Segment, ...]:
    """Divide the network up to the deepest of the given layers; without any layer, there is no segment."""
    in_order = tuple(sorted(set(layers), key=LAYERS.index))
    shallow = tuple(layer for layer in in_order if LAYERS.index(layer) <= LAYERS.index(CUT))
    deep = in_order[len(shallow) :]
    if not deep:
        return (Segment(None, shallow, None),) if shallow else ()
    return Segment(None, shallow, CUT), Segment(CUT, deep, None)


def make_grid(segment: Segment, height: int, width: int, tile: int) -> Grid:
    """Divide the input of a segment into windows.

    Args:
        segment: the segment.
        height: the height of the image in pixels.
        width: the width of the image in pixels.
        tile: the side in pixels of what a window owns in the middle of a large image, rounded to the alignment; in the
            second segment it is larger by DEEP_FACTOR.
    """
    side = tile if segment.after is None else DEEP_FACTOR * tile // segment.stride
    (rows, tall), (columns, wide) = (
        _windows(length // segment.stride, side, segment.margin, segment.alignment) for length in (height, width)
    )
    return Grid(tall, wide, np.array([(*row, *column) for row in rows for column in columns], np.int32))


def _windows(length: int, side: int, margin: int, alignment: int) -> tuple[list[Window], int]:
    """Divide an axis into windows of one length, which the second value is.

    The length leaves the same remainder as that of the axis when it is divided by the alignment, because the last
    window has to begin on the grid and to end where the image does, whose odd edges poolings crop.
    """
    usable = length - length % alignment - 2 * margin
    side = max(side // alignment, 1) * alignment
    if usable <= side:
        return [Window(0, 0, length)], length
    # As many windows as the side asks for, but of equal sizes.
    advance = -(-usable // (-(-usable // side) * alignment)) * alignment
    span = advance + 2 * margin + length % alignment
    count = -(-usable // advance)
    starts = [min(index * advance, length - span) for index in range(count)]
    # The first window has no neighbor before it, and the last none after it.
    firsts = [0, *(start + margin for start in starts[1:])]
    lasts = [*firsts[1:], length]
    return [
        Window(start, first - start, last - start) for start, first, last in zip(starts, firsts, lasts, strict=True)
    ], span
