"""One scale: the phases of its steps, each with its objective and optimizer, and what a phase computes with."""

import jax
import numpy as np
import pytest

import nst_jax
from nst_jax import Recipe
from nst_jax.engine import batch_targets, batched
from nst_jax.objective import programs
from nst_jax.objective.stored_programs import FOLDER
from tests.conftest import CONTENT_SHAPE, QUICK, STYLE_SHAPE, picture

RECIPE = Recipe(**QUICK)
CONTENT, STYLE = picture(1, *CONTENT_SHAPE), picture(2, *STYLE_SHAPE)


def run(network, recipe=RECIPE, content=CONTENT, style=STYLE, **changes):
    return nst_jax.stylize(content, style, recipe, network=network, **changes)


@pytest.fixture
def chunks(monkeypatch):
    """The arguments of all calls of `run_chunk`."""
    calls = []
    real = batched.run_chunk

    def recorded(state, count, network, targets, **options):
        curvatures = jax.tree.leaves(targets.coefficients.curvature)
        huber = all(float(each.min()) > 0 for each in curvatures)
        calls.append(options | {"width": state.image.shape[2], "count": count, "huber": huber})
        return real(state, count, network, targets, **options)

    monkeypatch.setattr(batched, "run_chunk", recorded)
    return calls


def test_style_losses_are_squares_in_the_last_quarter_alone(tiny_network, chunks):
    result = run(tiny_network, min_size=24, coarse_steps=5)
    steps = [(call["width"], call["huber"]) for call in chunks for _ in range(call["count"])]
    assert steps == [(24, True)] * 5 + [(48, True)] * 9 + [(48, False)] * 3
    assert result.steps == 17
    chunks.clear()
    run(tiny_network, style_huber=0.0)
    assert [call["huber"] for call in chunks for _ in range(call["count"])] == [False] * 12


def test_the_last_part_of_the_steps_at_each_size_has_jitter_and_uses_adam(tiny_network, chunks):
    result = run(tiny_network, min_size=24, coarse_steps=5, jitter=0.4)
    plain, jittered = ("LBFGS", False), ("Adam", True)
    kinds = [plain] * 3 + [jittered] * 2 + [plain] * 8 + [jittered] * 4
    steps = [
        (type(call["optimizer"]).__name__, call["objective"].jitter, call["first"] + index)
        for call in chunks
        for index in range(call["count"])
    ]
    assert steps == [(*kind, step) for kind, step in zip(kinds, [*range(5), *range(12)], strict=True)]
    assert result.steps == 17
    assert result.ending == "all steps done"
    assert np.isfinite(result.losses.total).all()


def test_a_small_style_is_not_enlarged(tiny_network, monkeypatch):
    seen = []
    real = batch_targets.make_batch_targets
    monkeypatch.setattr(
        batch_targets,
        "make_batch_targets",
        lambda *arguments: (seen.append(arguments[2][0].shape), real(*arguments))[1],
    )
    run(tiny_network, steps=1, style=picture(5, 20, 30))
    run(tiny_network, steps=1, style=picture(5, 300, 200))
    assert seen == [(20, 30, 3), (48, 32, 3)]


def test_the_start_has_the_colors_of_the_style_at_every_scale(tiny_network):
    """The mean of the first image is the style's, and the detail that is given back has its colors as well."""
    first = run(tiny_network, steps=1, start_colors="style").picture
    np.testing.assert_allclose(first.mean((0, 1)), STYLE.mean((0, 1)), atol=0.02)
    red = STYLE * np.array([1, 0.1, 0.1], np.float32)
    last = run(tiny_network, style=red, start_colors="style", min_size=24, coarse_steps=2, steps=1).picture
    assert last[..., 0].mean() > 3 * last[..., 1:].mean()


def test_programs_from_disk_give_the_same_bytes_without_tracing(tiny_network, tmp_path, monkeypatch):
    before = jax.config.jax_compilation_cache_dir
    jax.config.update("jax_compilation_cache_dir", str(tmp_path))
    evaluations = []
    real = batched.evaluate
    monkeypatch.setattr(batched, "evaluate", lambda *arguments: (evaluations.append(1), real(*arguments))[1])
    try:
        pictures = []
        # With both optimizers, whose states are donated.
        for _ in range(2):
            programs.forget(everything=True)
            pictures.append(run(tiny_network, steps=6, jitter=0.5).picture)
            traced = len(evaluations)
    finally:
        jax.config.update("jax_compilation_cache_dir", before)
    np.testing.assert_array_equal(*pictures)
    # One with jitter and one without, each in the first run alone.
    assert traced == 2
    # These two, the steps of both optimizers, and the measurement of the targets.
    assert len(list((tmp_path / FOLDER).iterdir())) == 5


def test_other_weights_seeds_and_strengths_compile_nothing_new(tiny_network):
    def counts():
        return batched.evaluate_batch.count(), batched.take_step_of_all.count()

    run(tiny_network, steps=3)
    before = counts()
    run(tiny_network, steps=4, content_weight=1.0, style_weight=7.0, tv_weight=3.0)
    run(tiny_network, steps=4, style_layer_weights=(1.0, 3.0), content_layer_weights=(2.0,))
    for seed in (1, 2):
        run(tiny_network, steps=2, init="noise", seed=seed)
    assert counts() == before
    run(tiny_network, steps=2, style_strength=0.3)
    before = counts()
    run(tiny_network, steps=2, style_strength=0.6)
    assert counts() == before


def test_a_batch_on_a_cpu_is_evaluated_by_the_program_for_one_image(tiny_network):
    """One example after the other, so that a batch of any size compiles no network of its own."""
    alone = run(tiny_network, jitter=0.4)
    before = batched.evaluate_batch.count()
    contents = [CONTENT, CONTENT[::-1], CONTENT[:, ::-1]]
    for count in (2, 3):
        first, *others = nst_jax.stylize_batch(contents[:count], STYLE, RECIPE, network=tiny_network, jitter=0.4)
        np.testing.assert_allclose(first.picture, alone.picture, atol=1e-4)
        assert all(np.abs(other.picture - first.picture).max() > 0.1 for other in others)
    assert batched.evaluate_batch.count() == before
