"""What a run returns: progress that is computed when it is asked for, and results."""

import dataclasses
import functools
import io

import numpy as np
import pytest
from PIL import Image

import nst_jax
from nst_jax import InputError, Recipe
from nst_jax.engine.postprocess import Postprocessor
from tests.conftest import CONTENT_SHAPE, QUICK, STYLE_SHAPE, picture

RECIPE = Recipe(**QUICK | {"steps": 6})
CONTENT, STYLE = picture(1, *CONTENT_SHAPE), picture(2, *STYLE_SHAPE)


@pytest.fixture
def postprocessed(monkeypatch):
    """A list that gets longer with each image that is postprocessed."""
    calls = []
    real = Postprocessor.rgb

    def counted(self, optimized, index):
        calls.append(index)
        return real(self, optimized, index)

    monkeypatch.setattr(Postprocessor, "rgb", counted)
    return calls


def test_progress_computes_an_image_only_when_asked_and_only_once(tiny_network, postprocessed):
    reports = list(nst_jax.stylize_steps(CONTENT, STYLE, RECIPE, network=tiny_network, every=2))
    assert [report.total_loss for report in reports]
    assert reports[0].result is None
    assert postprocessed == []
    assert reports[0].image().size == (48, 32)
    assert reports[0].image().size == (48, 32)
    assert reports[0].partial_result is reports[0].partial_result
    assert len(postprocessed) == 1


def test_stylize_computes_one_image(tiny_network, postprocessed):
    nst_jax.stylize(CONTENT, STYLE, RECIPE, network=tiny_network, every=1)
    assert len(postprocessed) == 1


def test_progress_has_the_losses_of_its_result(tiny_network):
    for progress in nst_jax.stylize_steps(CONTENT, STYLE, RECIPE, network=tiny_network, every=2):
        losses = progress.partial_result.losses
        assert progress.losses == {name: values[-1] for name, values in vars(losses).items()}
        assert progress.total_loss == pytest.approx(float(losses.total[-1]), rel=1e-6)
        assert progress.partial_result.steps == progress.step == len(losses.total)
        assert progress.partial_result.seconds == progress.seconds


@pytest.mark.parametrize(("transparent", "mode"), [(False, "RGB"), (True, "RGBA")])
def test_the_image_of_a_result_has_its_size_and_transparency(tiny_network, transparent, mode):
    alpha = np.linspace(0, 1, CONTENT_SHAPE[1], dtype=np.float32) * np.ones((CONTENT_SHAPE[0], 1), np.float32)
    content = np.dstack([CONTENT, alpha]) if transparent else CONTENT
    result = nst_jax.stylize(content, STYLE, RECIPE, network=tiny_network)
    image = result.image()
    assert (image.mode, image.size) == (mode, (48, 32))
    np.testing.assert_allclose(np.asarray(image)[..., :3] / 255, result.picture, atol=0.5001 / 255)


def test_results_compare_by_identity(tiny_network):
    result = nst_jax.stylize(CONTENT, STYLE, RECIPE, network=tiny_network)
    same = dataclasses.replace(result)
    assert result == result
    assert result != same
    assert result in [same, result]
    assert [same, result].index(result) == 1
    assert len({result, same}) == 2
    assert dataclasses.replace(result.losses) != result.losses


def test_results_and_progress_show_themselves_briefly_and_as_png(tiny_network):
    result = nst_jax.stylize(CONTENT, STYLE, RECIPE, network=tiny_network)
    assert repr(result).startswith("Result(48x32 pixels, 6 of 6 steps, all steps done, Losses(6 steps, last content=")
    assert len(repr(result)) < 200
    nothing = np.zeros(0, np.float32)
    assert repr(nst_jax.Losses(content=nothing, style=nothing, total_variation=nothing)) == "Losses(0 steps, last none)"
    progress = next(iter(nst_jax.stylize_steps(CONTENT, STYLE, RECIPE, network=tiny_network, every=1)))
    assert len(repr(progress)) < 400
    for shown in (result, progress):
        with Image.open(io.BytesIO(shown._repr_png_())) as image:
            assert (image.format, image.size) == ("PNG", (48, 32))
            assert image.tobytes() == shown.image().tobytes()


@pytest.mark.parametrize("name", ["x", "x.gif", "x.png.part", ".png", "folder/x"])
def test_a_name_without_a_known_ending_is_one_sentence(tiny_network, tmp_path, name):
    result = nst_jax.stylize(CONTENT, STYLE, RECIPE, network=tiny_network)
    for save in (result.save, functools.partial(nst_jax.save_image, rgb=result.picture)):
        for path in (tmp_path / name, str(tmp_path / name)):
            with pytest.raises(InputError, match=r"must end in \.png, \.jpg, \.webp or \.tif"):
                save(path)
    assert not [*tmp_path.iterdir()]


def test_a_file_object_is_no_place_for_a_result(tiny_network, untyped):
    result = nst_jax.stylize(CONTENT, STYLE, RECIPE, network=tiny_network)
    with pytest.raises(InputError, match=r"not in a BytesIO; result\.image\(\)"):
        result.save(io.BytesIO())


def test_a_loss_that_rises_without_a_line_search_has_exploded(tiny_network):
    result = nst_jax.stylize(CONTENT, STYLE, RECIPE, network=tiny_network)
    rising = dataclasses.replace(
        result, losses=nst_jax.Losses(**dict.fromkeys(vars(result.losses), np.arange(6, dtype=np.float32)))
    )
    adam = dataclasses.replace(RECIPE, optimizer="adam")
    assert not result.exploded
    assert not rising.exploded
    assert dataclasses.replace(rising, recipe=adam).exploded
    assert not dataclasses.replace(result, recipe=adam).exploded
