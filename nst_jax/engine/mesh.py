"""The devices that a batch is distributed over."""

import jax
import numpy as np
from jax.sharding import Mesh
from jax.sharding import PartitionSpec as P

BATCH_AXIS = "batch"
BATCH, REPLICATED = P(BATCH_AXIS), P()  # type: ignore[no-untyped-call]


def make_mesh(lanes: int) -> Mesh:
    """Return a mesh of at most `lanes` (the batch size) local devices; the batch is padded to a multiple of them."""
    devices = jax.local_devices()
    return Mesh(np.array(devices[: min(lanes, len(devices))]), (BATCH_AXIS,))
