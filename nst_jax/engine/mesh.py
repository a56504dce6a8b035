"""The devices that a batch is distributed over."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh
from jax.sharding import PartitionSpec as P

from nst_jax.objective.objective import Coefficients, Objective, Targets

BATCH_AXIS = "batch"
BATCH, REPLICATED = P(BATCH_AXIS), P()  # type: ignore[no-untyped-call]


def make_mesh(lanes: int) -> Mesh:
    """Return a mesh of at most `lanes` (the batch size) local devices; the batch is padded to a multiple of them."""
    devices = jax.local_devices()
    return Mesh(np.array(devices[: min(lanes, len(devices))]), (BATCH_AXIS,))


def sharded(function: Callable[..., Any], mesh: Mesh, *specifications: Any) -> Callable[..., Any]:
    """Apply shard_map over the batch axis; `check_vma` is off because devices do not communicate."""
    return jax.shard_map(function, mesh=mesh, in_specs=specifications, out_specs=BATCH, check_vma=False)


def partition(objective: Objective) -> Targets:
    """Return how the targets of a batch are distributed, as a pytree prefix."""
    return target_spec(objective, BATCH, REPLICATED)


def target_spec(objective: Objective, own: Any, shared: Any) -> Targets:
    """Return a pytree prefix of the targets: `own` for parts with a batch axis, `shared` for the others."""
    style = own if objective.own_styles else shared
    style_weights = own if objective.own_styles or objective.from_content else shared
    return Targets(own, style, shared, Coefficients(own, style_weights, shared, own))
