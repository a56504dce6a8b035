"""The division of an image into windows: each position has one owner, which computes what the whole image has there."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nst_jax.objective.tile_grid import Segment, make_grid, segments
from nst_jax.recipes.vgg_layers import LAYERS, stride

SIZES = st.integers(16, 400)
TAPS = st.sets(st.sampled_from(LAYERS), min_size=1, max_size=4)


def right_positions(segment: Segment, start: int, span: int, length: int) -> dict[str, np.ndarray]:
    """The positions of each layer in a window, along one axis, whose values do not see where the window was cut.

    Computed from the layers one by one: a convolution sees its neighbors, and a pooling both of its positions. The ends
    of the image are no cuts, because what the network pads there is right.
    """
    right = np.ones(span, bool)
    at_start, at_end = start == 0, start + span == length
    first = 0 if segment.after is None else LAYERS.index(segment.after) + 1
    found = {}
    for name in LAYERS[first : 1 + max(map(LAYERS.index, segment.taps))]:
        if name.startswith("conv"):
            padded = np.concatenate([[at_start], right, [at_end]])
            right = padded[:-2] & padded[1:-1] & padded[2:]
        elif name.startswith("pool"):
            right = right[: len(right) // 2 * 2].reshape(-1, 2).all(1)
        found[name] = right
    return found


@given(TAPS, SIZES, SIZES, st.integers(16, 500))
def test_each_position_is_computed_rightly_by_its_only_owner(layers, height, width, tile):
    least = max(map(stride, layers))
    height, width = max(height, least), max(width, least)
    seen = set()
    for segment in segments(layers):
        seen |= set(segment.layers)
        grid = make_grid(segment, height, width, tile)
        assert grid.windows.dtype == np.int32
        for axis, (length, span) in enumerate(((height, grid.height), (width, grid.width))):
            whole = length // segment.stride
            for start, first, last in np.unique(grid.windows[:, 3 * axis : 3 * axis + 3], axis=0):
                right = right_positions(segment, start, span, whole)
                assert start >= 0
                assert start + span <= whole
                for name in segment.taps:
                    step = stride(name) // segment.stride
                    assert start % step == 0
                    assert first < last
                    assert right[name][first // step : last // step].all()
        for name in segment.taps:
            step = stride(name) // segment.stride
            owners = np.zeros((height // stride(name), width // stride(name)), int)
            for top, top_first, top_last, left, left_first, left_last in grid.windows:
                rows = slice(top // step + top_first // step, top // step + top_last // step)
                columns = slice(left // step + left_first // step, left // step + left_last // step)
                owners[rows, columns] += 1
            np.testing.assert_array_equal(owners, 1)
    assert seen == set(layers)


@given(st.integers(16, 300), st.integers(400, 5000))
def test_windows_are_about_as_large_as_asked_for(tile, length):
    (segment,) = segments(["relu2_2"])
    grid = make_grid(segment, length, 16, tile)
    assert grid.height <= tile + 2 * segment.margin + 2 * segment.alignment
    assert len(grid.windows) <= -(-length // (tile // segment.alignment * segment.alignment))


def test_margins_are_what_the_layers_see():
    assert segments(["relu1_1"])[0].margin == 1
    shallow, deep = segments(["relu4_1", "relu1_1"])
    assert (shallow.after, shallow.layers, shallow.output) == (None, ("relu1_1",), "pool2")
    assert (deep.after, deep.layers, deep.output) == ("pool2", ("relu4_1",), None)
    assert (shallow.margin, deep.margin) == (8, 6)
    assert segments([]) == ()


def test_a_small_image_is_one_window():
    for segment in segments(["relu4_1"]):
        grid = make_grid(segment, 67, 45, 100)
        assert (grid.height, grid.width) == (67 // segment.stride, 45 // segment.stride)
        np.testing.assert_array_equal(grid.windows, [[0, 0, grid.height, 0, 0, grid.width]])
