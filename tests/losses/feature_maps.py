"""Random feature maps, of few shapes so that few programs are compiled, and comparisons of arrays."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

values = st.floats(-4, 4, width=32).map(lambda value: round(value, 3))
shapes = st.sampled_from([(1, 1, 2), (3, 4, 3), (5, 2, 4)])
feature_maps = shapes.flatmap(lambda shape: hnp.arrays(np.float32, shape, elements=values))
pairs = shapes.flatmap(lambda shape: st.tuples(*[hnp.arrays(np.float32, shape, elements=values)] * 2))
normalizations = st.sampled_from(["none", "hw", "chw"])
seeds = st.integers(0, 2**32 - 1)


def shuffled(features: np.ndarray, seed: int) -> np.ndarray:
    """Return the same feature vectors at other positions."""
    positions = features.reshape(-1, features.shape[-1])
    return np.random.default_rng(seed).permutation(positions).reshape(features.shape)


def assert_close(a, b, scale=1.0) -> None:
    np.testing.assert_allclose(a, b, rtol=2e-5, atol=2e-5 * float(scale))
