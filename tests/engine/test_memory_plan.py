"""The memory that a run needs, and the tiles with which it fits."""

import dataclasses
import itertools
import re

import pytest

import nst_jax
from nst_jax.engine import memory_plan, multiscale, scale_problem
from nst_jax.engine.memory_estimate import estimated_bytes
from nst_jax.engine.memory_plan import TILES, plan_memory, usable_memory
from nst_jax.engine.preprocess import working_size
from nst_jax.errors import InputError
from nst_jax.networks.weights.random_init import random_network
from nst_jax.recipes.pyramid import Scale
from nst_jax.recipes.recipe import Recipe
from tests.conftest import QUICK, picture

WEIGHTS = random_network((16, 32, 64, 128, 128), seed=1)
LARGE = Scale(2731, 4096)


def needed(tile, recipe=None, size=LARGE, examples=1, recompute=False, read=0):
    return estimated_bytes(WEIGHTS, recipe or Recipe(), size, tile, examples, recompute=recompute, read=read)


def limited(byte_count, **settings):
    return Recipe(max_memory=str(byte_count), **settings)


def test_smaller_tiles_need_less_memory_and_all_less_than_the_whole():
    amounts = [needed(tile) for tile in (None, *TILES)]
    assert all(more > less for more, less in itertools.pairwise(amounts))


@pytest.mark.parametrize(
    ("side", "tile", "recompute", "peak"),
    [
        (512, None, False, 1170),
        (1024, None, False, 1610),
        (1024, 512, False, 1200),
        (1024, 256, False, 1030),
        (1536, None, False, 2760),
        (2048, 512, False, 2040),
        (2048, 256, True, 1470),
        (4096, 256, True, 3220),
    ],
)
def test_the_estimate_is_near_what_was_measured(side, tile, recompute, peak):
    """Peaks of whole processes on two cores of an AMD EPYC, embedded network, a photograph of 11 megapixels, in MB."""
    size = Scale(round(side * 2 / 3), side)
    estimate = needed(tile, size=size, recompute=recompute, read=LARGE.pixels)
    assert estimate / 1e6 == pytest.approx(peak, rel=0.15)


def test_the_content_counts_as_it_was_read():
    assert needed(512, read=10**8) - needed(512) > 2 * 10**8 * 12 - 1


def test_auto_takes_the_whole_if_it_fits_and_else_the_largest_tiles_that_fit():
    assert plan_memory(WEIGHTS, limited(needed(None)), LARGE) == (None, False, needed(None))
    assert plan_memory(WEIGHTS, limited(needed(None) - 1), LARGE) == (TILES[0], False, needed(TILES[0]))
    assert plan_memory(WEIGHTS, limited(needed(512)), LARGE).tile == 512
    assert plan_memory(WEIGHTS, limited(needed(512)), Scale(64, 64)).tile is None


def test_features_are_computed_anew_where_no_tile_is_small_enough():
    assert plan_memory(WEIGHTS, limited(needed(TILES[-1])), LARGE) == (TILES[-1], False, needed(TILES[-1]))
    plan = plan_memory(WEIGHTS, limited(needed(TILES[-1]) - 1), LARGE)
    assert plan.recompute
    assert plan.needed == needed(plan.tile, recompute=True) < needed(TILES[-1])
    assert plan.tile > TILES[-1]


def test_several_examples_are_computed_in_smaller_tiles():
    limit = limited(needed(1024, examples=2))
    assert plan_memory(WEIGHTS, limit, LARGE, 2).tile == 1024
    assert plan_memory(WEIGHTS, limit, LARGE, 1).tile is None or plan_memory(WEIGHTS, limit, LARGE, 1).tile > 1024


def test_a_side_in_pixels_is_taken_where_the_image_is_larger():
    assert plan_memory(WEIGHTS, Recipe(tile="700", max_memory="1TB"), LARGE).tile == 700
    assert plan_memory(WEIGHTS, Recipe(tile="700", max_memory="1TB"), Scale(700, 500)).tile is None
    assert plan_memory(WEIGHTS, Recipe(tile="off", max_memory="1TB"), LARGE).tile is None


@pytest.mark.parametrize("tile", ["auto", "off", "700"])
def test_what_does_not_fit_is_refused_with_a_size_that_does(tile):
    recipe = Recipe(size=4096, tile=tile, max_memory="1.5GB")
    message = r"4096x2731 pixels needs more than \d+(\.\d)? GB of memory.* 1\.5 GB"
    with pytest.raises(InputError, match=message) as caught:
        plan_memory(WEIGHTS, recipe, LARGE)
    assert ("even in tiles" in str(caught.value)) == (tile != "off")
    size = int(re.search(r"--size (\d+)", str(caught.value))[1])
    assert 256 <= size < 4096
    plan_memory(WEIGHTS, recipe, Scale(round(size * 2 / 3), size))


@pytest.mark.parametrize("resize", ["long", "short"])
@pytest.mark.parametrize("supersampling", [None, 2.0])
@pytest.mark.parametrize("asked", [500, 1024, 1100, 1300, 2048])
@pytest.mark.parametrize("limit", ["600MB", "1GB", "1.4GB"])
@pytest.mark.parametrize("tile", ["off", "auto", "512"])
def test_what_a_refusal_advises_fits(resize, supersampling, asked, limit, tile):
    """The supersampling depends on the size, so it is that of the size that is advised."""

    def plan(recipe):
        return plan_memory(WEIGHTS, recipe, Scale(*working_size((400, 600), recipe)))

    recipe = Recipe(size=asked, resize=resize, supersampling=supersampling, tile=tile, max_memory=limit)
    try:
        plan(recipe)
    except InputError as error:
        message = str(error)
        size = int(re.search(r"--size (\d+) or less", message)[1])
        plan(dataclasses.replace(recipe, size=size))
        if "--supersampling 1 or" in message:
            plan(dataclasses.replace(recipe, supersampling=1.0))
        elif recipe.supersampling_factor > 1:
            with pytest.raises(InputError):
                plan(dataclasses.replace(recipe, supersampling=1.0))
    else:
        assert limit != "600MB" or tile != "off"


def test_nothing_fits_into_no_memory():
    with pytest.raises(InputError, match="free or allow more memory"):
        plan_memory(WEIGHTS, Recipe(max_memory="1MB"), LARGE)


def test_a_refusal_names_the_final_size_and_not_that_of_a_coarser_scale(tiny_network):
    recipe = {"size": 256, "scales": 2, "max_memory": "1MB"}
    with pytest.raises(InputError, match=r"For --size 256, .* A picture of 410x308 pixels needs more than"):
        nst_jax.stylize(picture(1, 192, 256), picture(2, 64, 64), network=tiny_network, **recipe)


def test_the_machine_limits_the_memory_unless_the_recipe_does(monkeypatch):
    monkeypatch.setattr(memory_plan, "memory_bytes", lambda: 8 * 10**9)
    monkeypatch.setattr(memory_plan, "has_accelerator", lambda: False)
    assert usable_memory(Recipe()) == 6 * 10**9
    assert usable_memory(Recipe(max_memory="20GB")) == 20 * 10**9
    monkeypatch.setattr(memory_plan, "has_accelerator", lambda: True)
    assert usable_memory(Recipe()) == 7.2 * 10**9


def test_an_estimate_alone_does_not_refuse_what_was_possible_before(monkeypatch):
    monkeypatch.setattr(memory_plan, "memory_bytes", lambda: 4 * 10**9)
    assert plan_memory(WEIGHTS, Recipe(tile="off"), LARGE).tile is None


def test_what_an_optimizer_remembers_is_counted():
    images = (needed(512, Recipe(optimizer="lbfgs")) - needed(512)) / (12 * LARGE.pixels)
    assert 55 < images < 62
    assert needed(512) - needed(512, Recipe(jitter=0.0)) > 8 * LARGE.pixels * 20


def test_the_pixels_of_contents_and_styles_as_they_were_read_are_counted(tiny_network, monkeypatch):
    """And glibc gives large blocks back before the first scale, where any scale is in tiles."""

    class BegunError(Exception):
        """The first scale begins."""

    def run_scale(*_):
        raise BegunError

    counted, returned = [], []
    plan = scale_problem.plan_memory
    monkeypatch.setattr(scale_problem, "plan_memory", lambda *args: counted.append(args[-1]) or plan(*args))
    monkeypatch.setattr(multiscale, "return_large_blocks", lambda: returned.append(len(counted)))
    monkeypatch.setattr(multiscale, "run_scale", run_scale)
    recipe = QUICK | {"min_size": 24, "scales": 2}
    with pytest.raises(BegunError):
        nst_jax.stylize(picture(1, 32, 60), [picture(2, 50, 40), picture(3, 30, 20)], network=tiny_network, **recipe)
    assert counted == [32 * 60 + 50 * 40 + 30 * 20] * 2
    assert not returned
    with pytest.raises(BegunError):
        nst_jax.stylize(picture(1, 32, 60), picture(2, 50, 40), network=tiny_network, tile="32", **recipe)
    assert returned == [4]
