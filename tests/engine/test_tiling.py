"""Large images in tiles: targets, loss and gradient are those of the whole."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nst_jax.engine import batch_targets, batched
from nst_jax.engine.mesh import make_mesh
from nst_jax.engine.tiled_targets import add_jitter_offsets_in_tiles, make_targets_in_tiles, with_jitter_guides
from nst_jax.engine.tiling import evaluate_in_tiles
from nst_jax.networks.vgg import VGG
from nst_jax.networks.weights.random_init import random_network
from nst_jax.objective import programs
from nst_jax.objective.objective import Masks, Objective
from nst_jax.recipes.recipe import Recipe
from tests.conftest import picture

WEIGHTS = random_network((4, 4, 6, 6, 8), seed=1)
LAYERS = {"content_layers": ("relu3_1",), "style_layers": ("relu1_1", "relu2_1", "conv3_2")}


@dataclasses.dataclass(frozen=True)
class Case:
    """A problem: its recipe, the shape of its images, and how it is divided."""

    changes: dict[str, Any]
    shape: tuple[int, int] = (75, 58)
    tile: int = 16
    batch: int = 1
    styles: int = 1
    regions: int = 0
    jitter: bool = False
    padding: str = "replicate"
    pooling: str = "avg"


def masks_of(case: Case, style_shape: tuple[int, int], dtype: Any) -> Masks | None:
    """Soft regions, of which the last is empty if there are three."""
    if not case.regions:
        return None

    def planes(seed: int, shape: tuple[int, int]) -> jax.Array:
        soft = np.random.default_rng(seed).random((case.regions, *shape))
        soft[2:] = 0
        return jnp.asarray(soft, dtype)

    return Masks(planes(0, case.shape), tuple(planes(seed, style_shape) for seed in range(1, 1 + case.styles)), None)


def difference(one: Any, other: Any) -> float:
    """The largest difference of two arrays relative to the largest value."""
    one, other = np.asarray(one), np.asarray(other)
    assert one.shape == other.shape
    assert one.dtype == other.dtype
    return float(np.abs(one - other).max() / max(np.abs(one).max(), 1e-30))


def check(case: Case, dtype: Any, tolerance: float) -> None:
    """Compare the targets, and an evaluation at other images than the contents."""
    recipe = Recipe(**LAYERS | case.changes)
    network = VGG.of(WEIGHTS, dtype=dtype, padding=case.padding, pooling=case.pooling)
    objective, mesh = Objective.of(recipe), make_mesh(1)
    contents, images = (
        jnp.stack([jnp.asarray(picture(first + index, *case.shape), dtype) for index in range(case.batch)])
        for first in (1, 11)
    )
    style_shape = (45, 66)
    of_style = [
        jnp.stack([jnp.asarray(picture(21 + index + 2 * each, *style_shape), dtype) for each in range(case.batch)])
        for index in range(case.styles)
    ]
    styles = tuple(each if objective.own_styles else each[0] for each in of_style)
    masks = masks_of(case, style_shape, dtype)
    targets = batch_targets.make_batch_targets(network, contents, styles, recipe, masks)
    in_tiles = make_targets_in_tiles(network, contents, styles, recipe, masks, mesh, case.tile)
    if case.jitter:
        targets = batch_targets.add_batch_jitter_offsets(targets, network, contents, masks, objective)
        anew = with_jitter_guides(in_tiles, masks, objective)
        in_tiles = add_jitter_offsets_in_tiles(in_tiles, network, contents, masks, objective, mesh, case.tile)
        objective = dataclasses.replace(objective, jitter=True)
    assert jax.tree.structure(targets) == jax.tree.structure(in_tiles)
    for whole, part in zip(jax.tree.leaves(targets), jax.tree.leaves(in_tiles), strict=True):
        assert difference(whole, part) < tolerance
    whole = batched.evaluate_batch(images, network, targets, 5, objective=objective, mesh=mesh)
    part = evaluate_in_tiles(images, network, targets, 5, objective=objective, mesh=mesh, tile=case.tile)
    evaluations = [part]
    if case.jitter:
        evaluations.append(
            evaluate_in_tiles(
                images, network, anew, 5, objective=objective, mesh=mesh, tile=case.tile, contents=contents
            )
        )
    assert np.all(np.asarray(whole.loss) > 0)
    for part in evaluations:
        assert jax.tree.structure(whole) == jax.tree.structure(part)
        for values, others in zip(jax.tree.leaves(whole), jax.tree.leaves(part), strict=True):
            assert difference(values, others) < tolerance


CASES = {
    "Gram": Case({}, tile=32),
    "no network": Case({"style_weight": 0, "content_weight": 0}),
}
SLOW_CASES = {
    "mean-std": Case({"style_statistic": "mean-std"}, regions=3, jitter=True),
    "wasserstein": Case({"style_statistic": "wasserstein"}, jitter=True, padding="zeros"),
    "strength": Case({"style_strength": 0.4, "gram_normalization": "none", "color": "match"}, tile=40, pooling="max"),
    "shallow": Case({"content_layers": ("conv1_2",), "style_layers": ("relu1_1",), "tv_norm": "l1"}, (40, 51)),
    "no style": Case({"style_weight": 0, "content_layers": ("pool2",)}, jitter=True),
    "two styles": Case({"style_blend": (1.0, 3.0)}, styles=2, regions=2, batch=2),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_tiles_add_up_to_the_whole(case, x64):
    check(case, jnp.float64, 1e-10)


@pytest.mark.slow
@pytest.mark.parametrize("case", SLOW_CASES.values(), ids=SLOW_CASES)
def test_tiles_add_up_to_the_whole_in_further_problems(case, x64):
    check(case, jnp.float64, 1e-10)


@pytest.mark.slow
@pytest.mark.parametrize("statistic", ["gram", "wasserstein"])
def test_tiles_add_up_to_the_whole_in_single_precision(statistic):
    check(Case({"style_statistic": statistic}, tile=32), jnp.float32, 1e-5)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    changes = {
        "style_statistic": draw(st.sampled_from(["gram", "mean-std", "wasserstein"])),
        "gram_normalization": draw(st.sampled_from(["none", "hw", "chw"])),
        "tv_norm": draw(st.sampled_from(["l1", "l2", "l2-nine-point", "l2-half-sum"])),
        "color": draw(st.sampled_from(["style", "match"])),
        "relative": draw(st.booleans()),
        "style_huber": draw(st.sampled_from([0.0, 0.1])),
        "style_strength": draw(st.sampled_from([None, 0.5])),
        "content_layers": draw(st.sampled_from([("relu3_2", "relu4_2"), ("pool2", "conv1_1"), ("relu5_1",)])),
        "style_layers": draw(
            st.sampled_from([("relu1_1", "relu2_1", "relu3_1", "relu4_1"), ("relu5_1", "pool1"), ("conv2_2",)])
        ),
    }
    styles = draw(st.integers(1, 2))
    if styles == 2:
        changes["style_blend"] = (1.0, 3.0)
    return Case(
        changes,
        shape=(draw(st.integers(33, 150)), draw(st.integers(33, 150))),
        tile=draw(st.integers(16, 90)),
        batch=draw(st.integers(1, 2)),
        styles=styles,
        regions=draw(st.integers(0, 3)),
        jitter=draw(st.booleans()),
        padding=draw(st.sampled_from(["zeros", "replicate"])),
        pooling=draw(st.sampled_from(["avg", "max"])),
    )


@pytest.mark.slow
@settings(max_examples=2)
@given(cases())
def test_any_problem_is_the_same_in_tiles(case):
    with jax.enable_x64(True):
        check(case, jnp.float64, 1e-10)
    # The programs of many problems would take all mappings of memory that a process may have.
    programs.forget(everything=True)
