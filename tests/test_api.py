"""The Python API: its public face, one stylization, and many contents at once."""

import dataclasses
import io
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

import nst_jax
from nst_jax import InputError, Recipe, images
from nst_jax.images.picture import Picture
from nst_jax.images.writing import read_provenance
from tests.conftest import CONTENT_SHAPE, QUICK, STYLE_SHAPE, picture

RECIPE = Recipe(**QUICK)
CONTENT, STYLE = picture(1, *CONTENT_SHAPE), picture(2, *STYLE_SHAPE)
CONTENTS = [CONTENT, *(picture(seed, *CONTENT_SHAPE) for seed in (3, 4))]
RESIZED = images.resize(CONTENT, 32, 48)


def run(network, recipe=RECIPE, content=CONTENT, style=STYLE, **changes):
    return nst_jax.stylize(content, style, recipe, network=network, **changes)


def run_batch(network, contents=CONTENTS, **changes):
    return nst_jax.stylize_batch(contents, STYLE, RECIPE, network=network, **changes)


# The names that the package promises, with the parameters of its functions; "*" stands before those by name only.
def test_a_result_has_the_right_shape_range_and_losses(tiny_network):
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
def test_the_same_run_gives_the_same_bytes(tiny_network, optimizer):
    one, other = (run(tiny_network, optimizer=optimizer, init="noise", seed=3) for _ in range(2))
    assert one.picture.tobytes() == other.picture.tobytes()
    assert one.losses.total.tobytes() == other.losses.total.tobytes()
    assert run(tiny_network, optimizer=optimizer, init="noise", seed=4).picture.tobytes() != one.picture.tobytes()


@pytest.mark.slow
@pytest.mark.parametrize("jitter", [0.5, 1.0])
def test_the_same_run_with_jitter_gives_the_same_bytes(tiny_network, jitter):
    one, other = (run(tiny_network, min_size=24, coarse_steps=4, jitter=jitter) for _ in range(2))
    assert one.picture.tobytes() == other.picture.tobytes()


def test_paths_pillow_images_and_arrays_give_the_same(tiny_network, tmp_path):
    content, style = ((array * 255).astype(np.uint8) for array in (CONTENT, STYLE))
    for name, array in (("content.png", content), ("style.png", style)):
        Image.fromarray(array).save(tmp_path / name)
    expected = run(tiny_network, content=content, style=style, steps=3).picture
    for c, s in (
        (tmp_path / "content.png", str(tmp_path / "style.png")),
        (Image.fromarray(content), Image.fromarray(style)),
    ):
        np.testing.assert_array_equal(run(tiny_network, content=c, style=s, steps=3).picture, expected)


def test_progress_reaches_every_step_asked_for(tiny_network):
    reports = list(nst_jax.stylize_steps(CONTENT, STYLE, RECIPE, network=tiny_network, every=5))
    steps = [progress.step for progress in reports]
    assert steps == sorted(set(steps))
    assert {5, 10, 12} <= set(steps)
    assert [progress.result is None for progress in reports] == [True] * (len(reports) - 1) + [False]
    assert all(len(progress.partial_result.losses.total) == progress.step for progress in reports)
    whole = run(tiny_network)
    np.testing.assert_array_equal(reports[-1].result.picture, whole.picture)
    # The terms are added up in double precision here, in single precision there.
    total = [progress.total_loss for progress in reports]
    np.testing.assert_allclose(total, [whole.losses.total[step - 1] for step in steps], rtol=1e-6)


def test_images_of_earlier_progress_stay_as_they_were(tiny_network):
    """The device goes on with buffers of its own."""
    reports = nst_jax.stylize_steps(CONTENT, STYLE, RECIPE, network=tiny_network, every=3)
    kept, copies = [], []
    for progress in reports:
        kept.append(progress.partial_result.picture)
        copies.append(kept[-1].copy())
    for image, copy in zip(kept, copies, strict=True):
        np.testing.assert_array_equal(image, copy)
    assert (kept[0] != kept[-1]).any()


@pytest.mark.parametrize(
    ("changes", "shape"),
    [({"size": 0}, (40, 60)), ({"size": 24}, (16, 24)), ({"size": 96}, (64, 96))],
)
def test_the_size_of_the_result(tiny_network, changes, shape):
    assert run(tiny_network, steps=1, **changes).picture.shape[:2] == shape


def test_what_a_run_starts_from(tiny_network, tmp_path):
    def first(init):
        return run(tiny_network, steps=1, init=init).picture

    np.testing.assert_array_equal(first("content"), RESIZED)
    covered = images.cover(images.resize(STYLE, 48, 34), 32, 48)
    np.testing.assert_allclose(first("style"), covered, atol=1e-6)
    noise = first("noise")
    assert 0.45 < noise.mean() < 0.55
    assert 0.27 < noise.std() < 0.31
    Image.fromarray(np.full((20, 20, 3), 51, np.uint8)).save(tmp_path / "start.png")
    np.testing.assert_allclose(first(str(tmp_path / "start.png")), 0.2, atol=1e-6)
    with pytest.raises(InputError, match="There is no file"):
        first("nowhere.png")


def test_a_run_continues_from_a_picture_with_all_its_detail(tiny_network, tmp_path):
    """Also where a run from the content would begin at a smaller size."""
    first = run(tiny_network)
    first.save(tmp_path / "first.png")
    assert run(tiny_network, min_size=24, steps=1, coarse_steps=1).losses.total.size == 2
    again = run(tiny_network, min_size=24, init=str(tmp_path / "first.png"))
    assert again.losses.total.size == 12
    # As if the first run had gone on, up to the rounding to 8 bits.
    assert again.losses.style[0] == pytest.approx(first.losses.style[-1], rel=0.02)
    assert again.losses.total[-1] < first.losses.total[-1]


def test_texture_without_content_and_content_without_style(tiny_network):
    texture = run(tiny_network, content_weight=0.0, tv_weight=0.0, init="noise")
    assert (texture.losses.content == 0).all()
    assert texture.losses.style[-1] < texture.losses.style[0]
    reconstruction = run(tiny_network, style_weight=0.0, tv_weight=0.0, init="noise", steps=40)
    assert (reconstruction.losses.style == 0).all()
    assert reconstruction.losses.content[-1] < 0.2 * reconstruction.losses.content[0]


@pytest.mark.parametrize(("content_level", "style_level"), [(None, 0.0), (0.6, None), (0.6, 0.6)])
def test_the_default_losses_of_pictures_of_a_plain_color_are_finite(tiny_network, content_level, style_level):
    content, style = (
        image if level is None else np.full_like(image, level)
        for image, level in ((CONTENT, content_level), (STYLE, style_level))
    )
    result = run(tiny_network, Recipe(size=48, steps=4), content, style)
    assert result.ending == "all steps done"


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


def test_the_provenance_in_a_file_is_enough_to_repeat_the_run(tiny_network, tmp_path):
    first = run(tiny_network, steps=4, seed=7, init="noise")
    first.save(tmp_path / "made.png")
    facts = read_provenance(tmp_path / "made.png")
    again = run(tiny_network, Recipe(**facts["recipe"]))
    assert again.picture.tobytes() == first.picture.tobytes()
    assert facts["network"] == {
        "name": tiny_network.name, "sha256": tiny_network.sha256, "preprocessing": "torchvision"
    }  # fmt: skip
    assert facts["versions"]["jax"] == jax.__version__
    assert facts["recipe"]["seed"] == 7
    assert facts["steps_done"] == 4
    assert len(facts["content"]["sha256"]) == 64


@pytest.mark.parametrize("optimizer", ["lbfgs", "adam"])
def test_a_loss_that_is_not_finite_stops_the_run(overflowing_network, optimizer):
    result = run(overflowing_network, optimizer=optimizer, steps=500, relative=False)
    assert result.ending is not None
    assert "not finite" in result.ending
    assert result.diverged
    assert result.steps < 500
    np.testing.assert_array_equal(result.picture, RESIZED)


def test_a_converged_run_ends_early(tiny_network):
    result = run(tiny_network, style_weight=0.0, tv_weight=0.0, steps=500)
    assert result.ending == "converged: the gradient is zero"
    assert result.steps < 500
    np.testing.assert_array_equal(result.picture, RESIZED)


def test_impossible_combinations_are_explained(tiny_network):
    with pytest.raises(InputError, match="every 1 step or more"):
        list(nst_jax.stylize_steps(CONTENT, STYLE, RECIPE, network=tiny_network, every=0))
    with pytest.raises(InputError, match=r"needs more than \d+ GB of memory"):
        run(nst_jax.load_network("embedded"), content=picture(0, 16, 16), size=16384, steps=1)


@pytest.mark.parametrize("optimizer", [pytest.param("lbfgs", marks=pytest.mark.slow), "adam"])
def test_a_batch_is_as_good_as_a_loop(tiny_network, optimizer):
    together = run_batch(tiny_network, optimizer=optimizer, steps=4)
    assert len(together) == 3
    for content, result in zip(CONTENTS, together, strict=True):
        alone = run(tiny_network, content=content, optimizer=optimizer, steps=4)
        np.testing.assert_allclose(result.picture, alone.picture, atol=1e-4)
        np.testing.assert_allclose(result.losses.total, alone.losses.total, rtol=1e-4)
        assert result.provenance == alone.provenance
        assert result.ending == "all steps done"


class Tensor:
    """A sequence of images that numpy can convert, as a tensor of PyTorch is."""

    def __init__(self, array):
        self.array, self.ndim, self.shape = array, array.ndim, array.shape

    def __array__(self, dtype=None, copy=None):
        return self.array

    def __iter__(self):
        return map(Tensor, self.array)


@pytest.mark.parametrize("kind", [np.asarray, jnp.asarray, Tensor, tuple, iter])
def test_an_array_or_any_iterable_is_a_list_of_contents(tiny_network, kind):
    expected = run_batch(tiny_network, contents=CONTENTS[:2], steps=4)
    results = run_batch(tiny_network, contents=kind(np.stack(CONTENTS[:2])), steps=4)
    assert len(results) == 2
    for one, other in zip(results, expected, strict=True):
        np.testing.assert_array_equal(one.picture, other.picture)


def test_several_styles_in_one_array_and_masks_that_are_no_lists(tiny_network):
    styles = [STYLE, picture(9, *STYLE_SHAPE)]
    together, listed = (run(tiny_network, style=each, steps=4) for each in (np.stack(styles), styles))
    np.testing.assert_array_equal(together.picture, listed.picture)
    mask, other = (np.tile(np.linspace(0, 1, w, dtype=np.float32), (h, 1)) for h, w in (CONTENT_SHAPE, STYLE_SHAPE))
    in_lists = run(tiny_network, content_mask=[mask], style_masks=[other], steps=4)
    alone = run(tiny_network, content_mask=mask, style_masks=other, steps=4)
    np.testing.assert_array_equal(alone.picture, in_lists.picture)
    with pytest.raises(InputError, match="There are 2 content masks; give one"):
        run(tiny_network, content_mask=[mask, mask])


@pytest.mark.parametrize(
    ("contents", "named"),
    [
        ("content.png", "str"),
        (b"content.png", "bytes"),
        (pathlib.PurePosixPath("content.png"), "PurePosixPath"),
        (io.BytesIO(), "BytesIO"),
        (Image.new("RGB", (60, 40)), "Image"),
        (Picture(CONTENT), "Picture"),
        (CONTENT, r"array \(40, 60, 3\)"),
        (CONTENT[..., 0], r"array \(40, 60\)"),
        (None, "NoneType"),
        (3, "int"),
    ],
)
def test_a_single_picture_is_no_batch(tiny_network, untyped, contents, named):
    with pytest.raises(InputError, match=rf"must be a list of pictures .*, not a single {named}; give \[content\], or"):
        nst_jax.stylize_batch(contents, STYLE, RECIPE, network=tiny_network)


def test_what_is_no_recipe_and_no_network_is_named(tiny_network, untyped):
    with pytest.raises(InputError, match="must be a Recipe, not dict"):
        run(tiny_network, {"size": 48})
    with pytest.raises(InputError, match="give several styles as a list"):
        run(tiny_network, STYLE)
    with pytest.raises(InputError, match="must be a name, a path or NetworkWeights, not int"):
        run(3)
    with pytest.raises(InputError, match=r"must be a whole number, not 2\.5"):
        list(nst_jax.stylize_steps(CONTENT, STYLE, RECIPE, network=tiny_network, every=2.5))


def test_a_network_and_a_checkpoint_are_named_by_any_kind_of_path(tiny_network, image_folder):
    for kind in (str, pathlib.Path):
        checkpoint = image_folder / "run.ckpt"
        for given in (kind(checkpoint), nst_jax.Checkpoint(kind(checkpoint), 0.0)):
            result = run(kind(image_folder / "tiny.h5"), checkpoint=given, steps=4)
            np.testing.assert_array_equal(result.picture, run(tiny_network, steps=4).picture)
            checkpoint.unlink(missing_ok=True)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, marks=pytest.mark.slow),
        {"optimizer": "adam"},
        pytest.param({"optimizer": "adam", "jitter": None, "average": 0.9, "min_size": 24}, marks=pytest.mark.slow),
        pytest.param({"optimizer": "lbfgs-fixed", "jitter": 0.5, "init": "grey"}, marks=pytest.mark.slow),
        pytest.param({"style_weight": 0.0, "tv_weight": 0.0}, marks=pytest.mark.slow),
        pytest.param(
            {"style_statistic": "wasserstein", "relative": False, "tuned_for": "caffe"}, marks=pytest.mark.slow
        ),
        pytest.param({"style_strength": 0.5, "color": "luminance", "tv_norm": "l1"}, marks=pytest.mark.slow),
        pytest.param({"mask": True, "jitter": 0.5, "style_statistic": "mean-std"}, marks=pytest.mark.slow),
        pytest.param({"flat": True, "jitter": 0.5}, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_runs_with_the_checks_that_jax_offers_for_debugging(tiny_network, changes):
    changes = dict(changes)
    if changes.pop("mask", False):
        # Half of each picture.
        masks = [np.tile(np.arange(w) >= w // 2, (h, 1)).astype(np.float32) for h, w in (CONTENT_SHAPE, STYLE_SHAPE)]
        changes |= {"content_mask": masks[0], "style_masks": [masks[1]]}
    flat = changes.pop("flat", False)
    content, style = (np.zeros_like(each) if flat else each for each in (CONTENT, STYLE))
    expected = run(tiny_network, content=content, style=style, **changes)
    with jax.numpy_dtype_promotion("strict"), jax.debug_nans(True):
        result = run(tiny_network, content=content, style=style, **changes)
    np.testing.assert_array_equal(result.picture, expected.picture)
    assert result.ending == expected.ending


@pytest.mark.slow
@pytest.mark.parametrize("name", ["gatys", "pytorch-tutorial", "crowsonkb"])
def test_published_recipes_run_with_the_checks_that_jax_offers(tiny_network, name):
    recipe = dataclasses.replace(nst_jax.get_recipe(name), size=64, steps=4, coarse_steps=2, first_steps=0)
    with jax.numpy_dtype_promotion("strict"), jax.debug_nans(True):
        assert run(tiny_network, recipe).ending == "all steps done"


def test_numbers_of_numpy_are_saved_and_make_the_same_picture(tiny_network, tmp_path):
    result = run(tiny_network, steps=np.int64(4), style_weight=np.float32(3), style_layers=["relu1_1", "relu2_1"])
    result.save(tmp_path / "made.png")
    again = run(tiny_network, Recipe(**read_provenance(tmp_path / "made.png")["recipe"]))
    assert again.picture.tobytes() == result.picture.tobytes()
    assert again.recipe == result.recipe


def test_permuting_the_contents_permutes_the_results(tiny_network):
    order = [2, 0, 1]
    results = run_batch(tiny_network, steps=4)
    permuted = run_batch(tiny_network, contents=[CONTENTS[index] for index in order], steps=4)
    for index, result in zip(order, permuted, strict=True):
        np.testing.assert_allclose(result.picture, results[index].picture, atol=1e-5)
        assert result.provenance == results[index].provenance


def test_one_example_that_diverges_does_not_make_the_others_bad_or_itself_good(tiny_network):
    broken = Picture(np.full_like(CONTENT, np.nan))
    good, bad, other = run_batch(tiny_network, contents=[CONTENTS[0], broken, CONTENTS[2]], steps=4)
    assert bad.diverged
    assert bad.ending == "diverged: the loss is not finite"
    for content, result in ((CONTENTS[0], good), (CONTENTS[2], other)):
        assert result.ending == "all steps done"
        np.testing.assert_allclose(result.picture, run(tiny_network, content=content, steps=4).picture, atol=1e-4)


def test_progress_of_every_image_of_a_batch(tiny_network):
    batches = list(nst_jax.stylize_batch_steps(CONTENTS, STYLE, RECIPE, network=tiny_network, every=1, steps=4))
    assert [[progress.step for progress in batch] for batch in batches] == [[step] * 3 for step in range(1, 5)]
    assert all(len(each.partial_result.losses.style) == each.step for batch in batches for each in batch)
    endings = [[progress.ending for progress in batch] for batch in batches]
    assert endings == [[None] * 3] * 3 + [["all steps done"] * 3]


@pytest.mark.slow
def test_each_image_of_a_batch_starts_from_its_own_content_at_all_scales(tiny_network):
    changes = {"size": 96, "min_size": 24, "steps": 1, "style_weight": 0.0, "tv_weight": 0.0}
    *_, batch = nst_jax.stylize_batch_steps(CONTENTS, STYLE, RECIPE, network=tiny_network, **changes)
    for content, progress in zip(CONTENTS, batch, strict=True):
        assert progress.scales == 3
        blurred = images.resize(images.resize(content, 16, 24), 64, 96)
        assert np.abs(progress.result.picture - blurred).mean() < 0.05


def test_transparency_belongs_to_its_own_content(tiny_network):
    alpha = np.linspace(0, 1, 60, dtype=np.float32) * np.ones((40, 1), np.float32)
    first, *others = run_batch(tiny_network, contents=[np.dstack([CONTENT, alpha]), *CONTENTS[1:]], steps=1)
    assert first.alpha is not None
    assert first.alpha.shape == (32, 48)
    assert [result.alpha for result in others] == [None, None]


def test_contents_of_several_shapes_and_no_content_are_refused(tiny_network):
    with pytest.raises(InputError, match="some have 48x32 pixels, others 32x48"):
        run_batch(tiny_network, contents=[CONTENT, picture(0, 60, 40)])
    with pytest.raises(InputError, match="no content picture"):
        run_batch(tiny_network, contents=[])


@pytest.mark.slow
def test_a_fast_picture_takes_what_other_pictures_take(tmp_path):
    """Files, Pillow images and arrays; a recipe with the setting, and single settings."""
    content, style = ((array * 255).astype(np.uint8) for array in (CONTENT, STYLE))
    Image.fromarray(content).save(tmp_path / "content.png")
    result = nst_jax.stylize_fast(content, style, size=48)
    assert result.picture.shape == (32, 48, 3)
    for other in (
        nst_jax.stylize_fast(tmp_path / "content.png", Image.fromarray(style), size=48),
        nst_jax.stylize(content, [style], Recipe(fast=True), size=48),
        nst_jax.stylize_batch([content], style, fast=True, size=48)[0],
    ):
        np.testing.assert_array_equal(other.picture, result.picture)
    result.save(tmp_path / "made.png")
    assert read_provenance(tmp_path / "made.png")["recipe"]["fast"] is True
    with pytest.raises(InputError, match="no setting 'sise'; did you mean 'size'"):
        nst_jax.stylize_fast(content, style, sise=48)
    with pytest.raises(InputError, match="style strength must be between 0"):
        nst_jax.stylize_fast(content, style, strength=1.5)
