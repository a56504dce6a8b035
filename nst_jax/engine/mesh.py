"""The devices that a batch, or the tiles of its images, are distributed over."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P

from nst_jax.objective.objective import Coefficients, Objective, Targets

BATCH_AXIS, TILE_AXIS = "batch", "tiles"
# Partition specs: a leading batch axis; replicated; one row for each device along TILE_AXIS.
BATCH, REPLICATED, TILES = P(BATCH_AXIS), P(), P(TILE_AXIS)  # type: ignore[no-untyped-call]
# The partition spec of what each device has computed of its tiles: the leading axis has the batch once for each device
# along TILE_AXIS.
_PARTIAL = P((BATCH_AXIS, TILE_AXIS))  # type: ignore[no-untyped-call]


def make_mesh(lanes: int, *, tiles: bool = False) -> Mesh:
    """Return a mesh of local devices with the axes BATCH_AXIS and TILE_AXIS.

    Args:
        lanes: the batch size; up to as many devices split the batch, which is padded to a multiple of their number.
        tiles: whether spare devices, in equal numbers for each part of the batch, share the tiles of each image;
            otherwise they are unused, and TILE_AXIS has length 1.
    """
    devices = jax.local_devices()
    batch = min(lanes, len(devices))
    each = len(devices) // batch if tiles else 1
    return Mesh(np.array(devices[: batch * each]).reshape(batch, each), (BATCH_AXIS, TILE_AXIS))


def batch_devices(mesh: Mesh) -> int:
    """Return the number of parts that the batch is divided into."""
    return int(mesh.shape[BATCH_AXIS])


def tile_devices(mesh: Mesh) -> int:
    """Return the number of devices that share the tiles of each image."""
    return int(mesh.shape[TILE_AXIS])


def per_tile_device(mesh: Mesh) -> Any:
    """Return the partition spec of arrays that differ between the devices that share the tiles of an image."""
    return _PARTIAL if tile_devices(mesh) > 1 else BATCH


def sharded(function: Callable[..., Any], mesh: Mesh, *specifications: Any, out: Any = BATCH) -> Callable[..., Any]:
    """Apply shard_map with these specifications of the arguments and `out` of the result.

    The result must be the same on devices over which `out` does not divide it. `check_vma` is off, so jax does not
    check that; devices communicate only where the function calls a collective operation.
    """
    return jax.shard_map(function, mesh=mesh, in_specs=specifications, out_specs=out, check_vma=False)


def place(tree: Any, mesh: Mesh, specifications: Any) -> Any:
    """Copy arrays to the devices once, instead of in each call of a program; does nothing for a single device.

    Args:
        tree: a pytree of arrays.
        mesh: the devices.
        specifications: how they are distributed, as a pytree prefix.
    """
    if mesh.size == 1:
        return tree
    shardings = jax.tree.map(
        lambda each: NamedSharding(mesh, each), specifications, is_leaf=lambda node: isinstance(node, P)
    )
    return jax.device_put(tree, shardings)


def partition(objective: Objective) -> Targets:
    """Return how the targets of a batch are distributed, as a pytree prefix."""
    return target_spec(objective, BATCH, REPLICATED)


def target_spec(objective: Objective, own: Any, shared: Any) -> Targets:
    """Return a pytree prefix of the targets: `own` for parts with a batch axis, `shared` for the others."""
    style = own if objective.own_styles else shared
    style_weights = own if objective.own_styles or objective.from_content else shared
    return Targets(own, style, shared, Coefficients(own, style_weights, shared, own))


def map_own(function: Callable[[Any], Any], targets: Targets, objective: Objective) -> Targets:
    """Apply a function to the parts of the targets of a batch that have a batch axis; the others stay as they are."""
    spec = target_spec(objective, True, False)
    return jax.tree.map(lambda own, part: jax.tree.map(function, part) if own else part, spec, targets)
