"""One stylization through the Python API, on a network small enough to run in a moment."""

import dataclasses
import subprocess
import sys
import warnings

import jax
import numpy as np
import pytest
from PIL import Image

import nst_jax
from nst_jax import InputError, Recipe, images
from nst_jax.engine import batched
from nst_jax.images.writing import read_provenance
from tests.conftest import picture

# Steps with jitter and the start in the style's colors have tests of their own.
RECIPE = Recipe(
    size=48,
    steps=12,
    content_layers=("relu2_2",),
    style_layers=("relu1_1", "relu2_1"),
    jitter=0.0,
    start_colors="content",
)
CONTENT, STYLE = picture(1, 40, 60), picture(2, 70, 50)


def run(network, recipe=RECIPE, content=CONTENT, style=STYLE, **changes):
    return nst_jax.stylize(content, style, recipe, network=network, **changes)


def test_the_result(tiny_network):
    result = run(tiny_network)
    assert result.picture.shape == (32, 48, 3)
    assert result.picture.dtype == np.float32
    assert result.picture.min() >= 0
    assert result.picture.max() <= 1
    assert result.steps == 12
    assert result.ending == "all steps done"
    assert result.recipe == RECIPE
    assert result.losses.total.shape == (12,)
    assert result.losses.content[0] == 0  # it starts from the content
    assert result.losses.style[-1] < 0.7 * result.losses.style[0]
    assert (np.diff(run(tiny_network, style_huber=0.0).losses.total) <= 0).all()
    np.testing.assert_allclose(
        result.losses.total, result.losses.content + result.losses.style + result.losses.total_variation, rtol=1e-6
    )


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_the_same_again_gives_the_same_bytes(tiny_network, optimizer):
    one, other = (run(tiny_network, optimizer=optimizer, init="noise", seed=3) for _ in range(2))
    assert one.picture.tobytes() == other.picture.tobytes()
    assert one.losses.total.tobytes() == other.losses.total.tobytes()
    assert run(tiny_network, optimizer=optimizer, init="noise", seed=4).picture.tobytes() != one.picture.tobytes()


def test_paths_pillow_images_and_arrays_are_the_same(tiny_network, tmp_path):
    content, style = ((array * 255).astype(np.uint8) for array in (CONTENT, STYLE))
    for name, array in (("content.png", content), ("style.png", style)):
        Image.fromarray(array).save(tmp_path / name)
    expected = run(tiny_network, content=content, style=style, steps=3).picture
    for c, s in (
        (tmp_path / "content.png", str(tmp_path / "style.png")),
        (Image.fromarray(content), Image.fromarray(style)),
    ):
        np.testing.assert_array_equal(run(tiny_network, content=c, style=s, steps=3).picture, expected)


def test_style_losses_are_squares_in_the_last_quarter_alone(tiny_network, monkeypatch):
    done = []
    real = batched.run_chunk

    def seen(state, count, network, targets, **known):
        curvatures = jax.tree.leaves(targets.coefficients.curvature)
        done.extend([(state.image.shape[2], all(float(each.min()) > 0 for each in curvatures))] * count)
        return real(state, count, network, targets, **known)

    monkeypatch.setattr(batched, "run_chunk", seen)
    result = run(tiny_network, min_size=24, coarse_steps=5)
    assert done == [(24, True)] * 5 + [(48, True)] * 9 + [(48, False)] * 3
    assert result.steps == 17
    done.clear()
    run(tiny_network, style_huber=0.0)
    assert done == [(48, False)] * 12


def test_the_last_part_of_the_steps_at_each_size_is_adams_with_jitter(tiny_network, monkeypatch):
    done = []
    real = batched.run_chunk

    def seen(state, count, *arguments, **known):
        objective, optimizer = known["objective"], known["optimizer"]
        done.extend((type(optimizer).__name__, objective.jitter, known["first"] + index) for index in range(count))
        return real(state, count, *arguments, **known)

    monkeypatch.setattr(batched, "run_chunk", seen)
    result = run(tiny_network, min_size=24, coarse_steps=5, jitter=0.4)
    plain, jittered = ("LBFGS", False), ("Adam", True)
    kinds = [plain] * 3 + [jittered] * 2 + [plain] * 8 + [jittered] * 4
    assert done == [(*kind, step) for kind, step in zip(kinds, [*range(5), *range(12)], strict=True)]
    assert result.steps == 17
    assert result.ending == "all steps done"
    assert np.isfinite(result.losses.total).all()


@pytest.mark.parametrize("jitter", [0.5, 1.0])
def test_the_same_again_with_jitter_gives_the_same_bytes(tiny_network, jitter):
    one, other = (run(tiny_network, min_size=24, coarse_steps=4, jitter=jitter) for _ in range(2))
    assert one.picture.tobytes() == other.picture.tobytes()


def test_it_starts_in_the_colors_of_the_style(tiny_network):
    """The mean of the first picture is the style's, and what detail is given back has its colors as well."""
    first = run(tiny_network, steps=1, start_colors="style").picture
    np.testing.assert_allclose(first.mean((0, 1)), STYLE.mean((0, 1)), atol=0.02)
    red = STYLE * np.array([1, 0.1, 0.1], np.float32)
    last = run(tiny_network, style=red, start_colors="style", min_size=24, coarse_steps=2, steps=1).picture
    assert last[..., 0].mean() > 3 * last[..., 1:].mean()


def test_progress_reaches_every_step_asked_for(tiny_network):
    reports = list(nst_jax.stylize_steps(CONTENT, STYLE, RECIPE, network=tiny_network, every=5))
    steps = [progress.step for progress in reports]
    assert steps == sorted(set(steps))
    assert {5, 10, 12} <= set(steps)
    assert [progress.result is None for progress in reports] == [True] * (len(reports) - 1) + [False]
    assert all(len(progress.partial_result.losses.total) == progress.step for progress in reports)
    whole = run(tiny_network)
    np.testing.assert_array_equal(reports[-1].result.picture, whole.picture)
    assert [progress.total_loss for progress in reports] == [whole.losses.total[step - 1] for step in steps]


def test_pictures_of_earlier_results_stay_as_they_were(tiny_network):
    """The device goes on with buffers of its own."""
    reports = nst_jax.stylize_steps(CONTENT, STYLE, RECIPE, network=tiny_network, every=3)
    kept, copies = [], []
    for progress in reports:
        kept.append(progress.partial_result.picture)
        copies.append(kept[-1].copy())
    for picture_then, copy in zip(kept, copies, strict=True):
        np.testing.assert_array_equal(picture_then, copy)
    assert (kept[0] != kept[-1]).any()


@pytest.mark.parametrize(
    ("changes", "shape"),
    [({"size": 0}, (40, 60)), ({"size": 30}, (20, 30)), ({"size": 90}, (60, 90))],
)
def test_sizes(tiny_network, changes, shape):
    assert run(tiny_network, steps=1, **changes).picture.shape[:2] == shape


def test_starts(tiny_network, tmp_path):
    def first(init):
        return run(tiny_network, steps=1, init=init).picture

    content = images.resize(CONTENT, 32, 48)
    np.testing.assert_array_equal(first("content"), content)
    covered = images.cover(images.resize(STYLE, 48, 34), 32, 48)
    np.testing.assert_allclose(first("style"), covered, atol=1e-6)
    noise = first("noise")
    assert 0.45 < noise.mean() < 0.55
    assert 0.27 < noise.std() < 0.31
    Image.fromarray(np.full((20, 20, 3), 51, np.uint8)).save(tmp_path / "start.png")
    np.testing.assert_allclose(first(str(tmp_path / "start.png")), 0.2, atol=1e-6)
    with pytest.raises(InputError, match="There is no file"):
        first("nowhere.png")


def test_a_small_style_is_not_enlarged(tiny_network, monkeypatch):
    seen = []
    real = batched.make_batch_targets
    monkeypatch.setattr(
        batched, "make_batch_targets", lambda *arguments: (seen.append(arguments[2][0].shape), real(*arguments))[1]
    )
    run(tiny_network, steps=1, style=picture(5, 20, 30))
    run(tiny_network, steps=1, style=picture(5, 300, 200))
    assert seen == [(20, 30, 3), (48, 32, 3)]


def test_texture_without_content_and_content_without_style(tiny_network):
    texture = run(tiny_network, content_weight=0.0, init="noise")
    assert (texture.losses.content == 0).all()
    assert texture.losses.style[-1] < texture.losses.style[0]
    reconstruction = run(tiny_network, style_weight=0.0, tv_weight=0.0, init="noise", steps=40)
    assert (reconstruction.losses.style == 0).all()
    assert reconstruction.losses.content[-1] < 0.2 * reconstruction.losses.content[0]


def test_transparency_comes_back(tiny_network, tmp_path):
    alpha = np.ones((40, 60), np.float32)
    alpha[:20] = 0
    result = run(tiny_network, content=np.dstack([CONTENT, alpha]), steps=1)
    assert result.alpha is not None
    assert result.alpha.shape == (32, 48)
    result.save(tmp_path / "made.png")
    saved = images.read(tmp_path / "made.png").alpha
    assert saved is not None
    assert saved[0].max() == 0
    assert saved[-1].min() == 1


def test_provenance_is_enough_to_make_it_again(tiny_network, tmp_path):
    first = run(tiny_network, steps=4, seed=7, init="noise")
    first.save(tmp_path / "made.png")
    facts = read_provenance(tmp_path / "made.png")
    settings = {key: tuple(value) if isinstance(value, list) else value for key, value in facts["recipe"].items()}
    recipe = Recipe(**settings)
    again = run(tiny_network, recipe)
    assert again.picture.tobytes() == first.picture.tobytes()
    assert facts["network"] == {
        "name": tiny_network.name, "sha256": tiny_network.sha256, "preprocessing": "torchvision"
    }  # fmt: skip
    assert facts["versions"]["jax"] == jax.__version__
    assert facts["recipe"]["seed"] == 7
    assert facts["steps_done"] == 4
    assert len(facts["content"]["sha256"]) == 64


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_a_loss_that_is_not_finite_stops_the_run(tiny_network, optimizer):
    convolutions = dict(tiny_network.convolutions)
    for name in ("conv1_2", "conv2_1"):
        kernel, bias = convolutions[name]
        convolutions[name] = (kernel * np.float32(1e20), bias)
    overflowing = dataclasses.replace(tiny_network, convolutions=convolutions)
    result = run(overflowing, optimizer=optimizer, steps=500, relative=False)
    assert result.ending is not None
    assert "not finite" in result.ending
    assert result.diverged
    assert result.steps < 500
    np.testing.assert_array_equal(result.picture, images.resize(CONTENT, 32, 48))


def test_a_converged_run_ends_early(tiny_network):
    result = run(tiny_network, style_weight=0.0, tv_weight=0.0, steps=500)
    assert result.ending == "converged: the gradient is zero"
    assert result.steps < 500
    np.testing.assert_array_equal(result.picture, images.resize(CONTENT, 32, 48))


def test_impossible_combinations_are_explained(tiny_network):
    with pytest.raises(InputError, match="every 1 step or more"):
        list(nst_jax.stylize_steps(CONTENT, STYLE, RECIPE, network=tiny_network, every=0))
    with pytest.raises(InputError, match=r"needs more than \d+ GB of memory"):
        run(nst_jax.load_network("embedded"), content=picture(0, 16, 16), size=16384, steps=1)


def test_the_package_answers_by_name_and_stays_lazy():
    code = (
        "import sys, nst_jax; assert 'jax' not in sys.modules; import nst_jax.stylization;"
        "assert callable(nst_jax.stylize); assert nst_jax.load_network('embedded').preprocessing == 'torchvision'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError):
        nst_jax.nothing  # noqa: B018


def test_no_donation_fails(tiny_network):
    """A buffer that cannot be reused is copied, with a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run(tiny_network, steps=2)
