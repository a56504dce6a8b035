"""The benchmarks for clusters: their code runs on a CPU with tiny sizes, and costs follow from rates."""

import pytest

from benchmarks import gpu, prices
from benchmarks.cluster_commands import Prices
from nst_jax.recipes.recipe import Recipe
from tests.conftest import QUICK, picture


def test_a_row_has_rates_and_the_share_of_the_peak(tiny_network):
    recipe = Recipe(**QUICK | {"steps": 1})
    parts = gpu.contents(picture(0, 60, 90), 2, 48)
    row = gpu.measure("tiny", tiny_network, parts, picture(1, 40, 40), recipe, 1e-3, lambda count, size: count + size)
    assert (row.method, row.size, row.batch, row.torch_ratio) == ("tiny", 48, 2, 50)
    assert row.pictures_per_second > 0
    assert row.teraflops == pytest.approx(row.share_of_peak * 1e-3)


@pytest.mark.slow
def test_the_fast_network_has_a_rate(tiny_network):
    parts = gpu.contents(picture(0, 60, 90), 2, 48)
    row = gpu.measure("fast", tiny_network, parts, picture(1, 40, 40), Recipe(size=48), None)
    assert row.pictures_per_second > 0
    assert row.teraflops is None


@pytest.mark.parametrize(("kind", "peak"), [("NVIDIA H100 80GB HBM3", 495.0), ("NVIDIA L40S", 183.0), ("cpu", None)])
def test_cards_are_known_by_their_names(kind, peak):
    assert gpu.peak_of(kind) == peak


def test_a_million_pictures_at_two_a_second():
    row = prices.cost("card", 2.0, 10**6, 3.0, 64)
    assert row.hours == pytest.approx(138.9 * prices.SPARE, rel=1e-3)
    assert row.dollars == pytest.approx(3 * row.hours)
    assert row.requests == pytest.approx(5.4)
    assert row.days == pytest.approx(row.hours / 24 / 64)


def test_the_table_of_costs_is_made_from_the_measured_rates(capsys):
    Prices().run()
    lines = capsys.readouterr().out.splitlines()
    assert any("fast (fast.json)" in line for line in lines)


def test_a_plan_is_measured_in_a_process_of_its_own():
    pytest.importorskip("pyarrow")
    pytest.importorskip("fsspec")
    from benchmarks.planning import _measure

    row = _measure(100)
    assert row.pictures == 100
    assert row.megabytes > 0
