"""The layers of InceptionV3 up to Mixed_6e, as TF-slim names them (Szegedy et al. 2016, arXiv:1512.00567).

Each block runs branches beside each other and concatenates their channels. A branch begins with a pooling or none:
"max" has windows of 3x3, stride 2 and no padding; "avg" has windows of 3x3, stride 1, and keeps the size; at the edge
it averages only what is inside.
"""

from typing import Literal, NamedTuple

from nst_jax.networks.weights.magenta.layers import Layer, Padding, scaled

Pooling = Literal["max", "avg"]


class Branch(NamedTuple):
    """A pooling, then convolutions, each with batch normalization and ReLU6."""

    pooling: Pooling | None
    layers: tuple[Layer, ...]


class Block(NamedTuple):
    """The branches whose channels are concatenated under the name of an end point, such as Mixed_5b."""

    name: str
    branches: tuple[Branch, ...]


class _Unit(NamedTuple):
    """A convolution before its input channels are known; the kernel is read from the end of the name if not given."""

    name: str
    channels: int
    stride: int = 1
    padding: Padding = "SAME"
    kernel: tuple[int, int] | None = None


_Plan = tuple[tuple[Pooling | None, tuple[_Unit, ...]], ...]


def inception_v3_blocks(width: float = 1) -> tuple[Block, ...]:
    """Return the blocks in their order; the last one has 768 channels at the published width.

    Args:
        width: 1 for the published network; other widths are for tests.
    """
    blocks = []
    inputs = 3
    for name, plan in _PLANS.items():
        branches = []
        outputs = 0
        for index, (pooling, units) in enumerate(plan):
            scope = f"InceptionV3/{name}/Branch_{index}" if name.startswith("Mixed") else "InceptionV3"
            layers = []
            channels = inputs
            for unit in units:
                kernel = unit.kernel or _kernel(unit.name)
                count = scaled(unit.channels, width)
                layers.append(Layer(f"{scope}/{unit.name}", kernel, channels, count, unit.stride, unit.padding))
                channels = count
            branches.append(Branch(pooling, tuple(layers)))
            outputs += channels
        blocks.append(Block(name, tuple(branches)))
        inputs = outputs
    return tuple(blocks)


def _kernel(name: str) -> tuple[int, int]:
    height, width = name.rsplit("_", 1)[1].split("x")
    return int(height), int(width)


def _stem(name: str, channels: int, stride: int = 1, padding: Padding = "VALID") -> _Plan:
    return ((None, (_Unit(name, channels, stride, padding),)),)


def _mixed_5(pooled: int, names: tuple[str, str] = ("Conv2d_0a_1x1", "Conv2d_0b_5x5")) -> _Plan:
    """Plan a block of the 35x35 grid; Mixed_5c has other names in its second branch."""
    return (
        (None, (_Unit("Conv2d_0a_1x1", 64),)),
        (None, (_Unit(names[0], 48), _Unit(names[1], 64))),
        (None, (_Unit("Conv2d_0a_1x1", 64), _Unit("Conv2d_0b_3x3", 96), _Unit("Conv2d_0c_3x3", 96))),
        ("avg", (_Unit("Conv2d_0b_1x1", pooled),)),
    )


def _mixed_6(inner: int) -> _Plan:
    """Plan a block of the 17x17 grid, with 7x7 convolutions that are split in two directions."""
    second = (_Unit("Conv2d_0a_1x1", inner), _Unit("Conv2d_0b_1x7", inner), _Unit("Conv2d_0c_7x1", 192))
    third = (
        _Unit("Conv2d_0a_1x1", inner),
        _Unit("Conv2d_0b_7x1", inner),
        _Unit("Conv2d_0c_1x7", inner),
        _Unit("Conv2d_0d_7x1", inner),
        _Unit("Conv2d_0e_1x7", 192),
    )
    first, last = _Unit("Conv2d_0a_1x1", 192), _Unit("Conv2d_0b_1x1", 192)
    return ((None, (first,)), (None, second), (None, third), ("avg", (last,)))


# TF-slim calls the two strided 3x3 convolutions "1x1"; the kernels in checkpoints are 3x3.
_MIXED_6A: _Plan = (
    (None, (_Unit("Conv2d_1a_1x1", 384, 2, "VALID", (3, 3)),)),
    (
        None,
        (
            _Unit("Conv2d_0a_1x1", 64),
            _Unit("Conv2d_0b_3x3", 96),
            _Unit("Conv2d_1a_1x1", 96, 2, "VALID", (3, 3)),
        ),
    ),
    ("max", ()),
)
_MAX_POOL: _Plan = (("max", ()),)

_PLANS: dict[str, _Plan] = {
    "Conv2d_1a_3x3": _stem("Conv2d_1a_3x3", 32, stride=2),
    "Conv2d_2a_3x3": _stem("Conv2d_2a_3x3", 32),
    "Conv2d_2b_3x3": _stem("Conv2d_2b_3x3", 64, padding="SAME"),
    "MaxPool_3a_3x3": _MAX_POOL,
    "Conv2d_3b_1x1": _stem("Conv2d_3b_1x1", 80),
    "Conv2d_4a_3x3": _stem("Conv2d_4a_3x3", 192),
    "MaxPool_5a_3x3": _MAX_POOL,
    "Mixed_5b": _mixed_5(32),
    "Mixed_5c": _mixed_5(64, ("Conv2d_0b_1x1", "Conv_1_0c_5x5")),
    "Mixed_5d": _mixed_5(64),
    "Mixed_6a": _MIXED_6A,
    "Mixed_6b": _mixed_6(128),
    "Mixed_6c": _mixed_6(160),
    "Mixed_6d": _mixed_6(160),
    "Mixed_6e": _mixed_6(192),
}
