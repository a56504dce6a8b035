"""A run of the fast network: sizes, colors, masks, mixtures, batches, and what it refuses."""

import dataclasses

import jax
import numpy as np
import pytest

import nst_jax
from nst_jax import InputError, Recipe, images
from nst_jax.engine import fast_embedded, fast_run
from nst_jax.fast import stylizer, weights
from nst_jax.files import bundled_dir
from tests.conftest import CONTENT_SHAPE, STYLE_SHAPE, picture
from tests.fast.conftest import lively

CONTENT = picture(1, *CONTENT_SHAPE)
STYLE, OTHER = (
    picture(seed, *STYLE_SHAPE) * np.float32(tint) for seed, tint in ((2, [1, 0.6, 0.3]), (3, [0.3, 0.6, 1]))
)
# The content at this size has 32 x 48 pixels.
FAST = Recipe(fast=True, size=48)
RESIZED = images.resize(CONTENT, 32, 48)


def run(content=CONTENT, style=STYLE, **changes) -> nst_jax.Result:
    return nst_jax.stylize(content, style, FAST, **changes)


def distance(one, other) -> float:
    return float(np.abs(one - other).mean())


@pytest.fixture(scope="module", autouse=True)
def decoder():
    """A decoder with random parameters that change the picture, whatever the bundled ones are.

    Its output is small enough beside the composite, to which it is added, that pictures keep the colors of the style.
    """
    embedded = nst_jax.load_network("embedded")
    own = weights.bundled(embedded)
    drawn = dataclasses.replace(
        own, parameters=lively(*weights._sizes(embedded), output=1), name="drawn", sha256="1234"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast_embedded, "_loaded", {})
        patch.setattr(fast_embedded, "bundled", lambda _: drawn)
        yield drawn


@pytest.fixture(scope="module")
def plain() -> nst_jax.Result:
    return run()


def test_a_result_has_a_picture_and_its_origin_and_no_losses(plain, decoder):
    assert plain.picture.shape == (32, 48, 3)
    assert plain.picture.dtype == np.float32
    assert 0 <= plain.picture.min() < plain.picture.max() <= 1
    assert plain.alpha is None
    assert (plain.steps, plain.total_steps, plain.ending) == (1, 1, fast_run.ENDING)
    assert plain.losses.total.shape == (0,)
    assert not plain.exploded
    assert not plain.diverged
    assert plain.recipe == FAST
    assert plain.image().size == (48, 32)
    assert "48x32" in repr(plain)
    embedded = nst_jax.load_network("embedded")
    network = plain.provenance["network"]
    assert network["sha256"] == embedded.sha256
    assert (network["decoder"], network["decoder_sha256"]) == (decoder.name, decoder.sha256)
    assert plain.provenance["recipe"]["fast"] is True


def test_the_style_counts(plain):
    assert distance(plain.picture, run(style=OTHER).picture) > 0.02
    assert distance(plain.picture, RESIZED) > 0.02


@pytest.mark.slow
def test_the_function_is_the_setting(plain):
    by_name = nst_jax.stylize_fast(CONTENT, STYLE, size=48)
    np.testing.assert_array_equal(by_name.picture, plain.picture)
    half = nst_jax.stylize_fast(CONTENT, STYLE, size=48, strength=0.5)
    assert half.recipe == Recipe(fast=True, size=48, style_strength=0.5)
    np.testing.assert_array_equal(half.picture, run(style_strength=0.5).picture)
    assert distance(half.picture, RESIZED) < distance(plain.picture, RESIZED)
    np.testing.assert_allclose(nst_jax.stylize_fast(CONTENT, STYLE, size=48, strength=0.0).picture, RESIZED, atol=1e-6)


def test_the_same_seed_gives_the_same_bytes(plain):
    assert run().picture.tobytes() == plain.picture.tobytes()
    other = run(seed=1).picture
    assert other.tobytes() != plain.picture.tobytes()
    assert distance(other, plain.picture) < distance(run(style=OTHER).picture, plain.picture)


def test_progress_is_one_report_with_the_result():
    (progress,) = nst_jax.stylize_steps(CONTENT, STYLE, FAST)
    assert (progress.step, progress.total_steps, progress.fraction, progress.losses) == (1, 1, 1.0, {})
    assert progress.result is not None


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(9, 200), (16, 16), (37, 53)])
def test_odd_sizes(shape):
    result = run(picture(1, *shape), size=0)
    assert result.picture.shape == (*shape, 3)
    assert np.isfinite(result.picture).all()


def test_gray_and_transparent_contents(plain):
    gray = (CONTENT.mean(-1) * 255).astype(np.uint8)
    assert run(gray).picture.shape == (32, 48, 3)
    alpha = np.linspace(0, 255, CONTENT_SHAPE[1]).astype(np.uint8)
    rgb = np.uint8(CONTENT * 255)
    rgba = np.concatenate([rgb, np.broadcast_to(alpha[None, :, None], (*CONTENT_SHAPE, 1))], -1)
    result = run(rgba)
    np.testing.assert_allclose(result.alpha, images.resize(images.read(rgba).alpha, 32, 48), atol=1e-6)
    assert result.image().mode == "RGBA"
    opaque = np.concatenate([rgb, np.full((*CONTENT_SHAPE, 1), 255, np.uint8)], -1)
    assert distance(run(opaque).picture, plain.picture) < 0.01


def test_the_luminance_alone_is_stylized():
    result = run(color="luminance")
    # In YIQ, the chroma is what is left when the gray is taken away; clipped pixels lose some of it.
    gray, original = (each @ np.float32([0.299, 0.587, 0.114]) for each in (result.picture, RESIZED))
    inside = ((result.picture > 0.01) & (result.picture < 0.99)).all(-1)
    assert inside.mean() > 0.3
    chroma, expected = result.picture - gray[..., None], RESIZED - original[..., None]
    np.testing.assert_allclose(chroma[inside], expected[inside], atol=1e-4)
    assert distance(gray, original) > 0.01


@pytest.mark.parametrize("color", ["match", "match-cholesky"])
def test_the_style_can_take_the_colors_of_the_content(plain, color):
    matched = run(color=color).picture
    colors = RESIZED.mean((0, 1))
    assert distance(matched.mean((0, 1)), colors) < 0.5 * distance(plain.picture.mean((0, 1)), colors)


@pytest.mark.slow
def test_a_part_of_the_style(plain):
    part = np.ascontiguousarray(STYLE[30:70, 10:40])
    cropped = run(style_crop="10,30,30,40").picture
    np.testing.assert_array_equal(cropped, run(style=part).picture)
    assert distance(cropped, plain.picture) > 1e-3
    assert distance(run(style_scale=0.5).picture, plain.picture) > 1e-3


@pytest.mark.slow
def test_several_styles_are_mixed(plain):
    pair = [STYLE, OTHER]
    np.testing.assert_allclose(run(style=pair, style_blend=(1.0, 0.0)).picture, plain.picture, atol=1e-4)
    there, back = run(style=pair, style_blend=(1.0, 3.0)), run(style=pair[::-1], style_blend=(3.0, 1.0))
    np.testing.assert_allclose(there.picture, back.picture, atol=1e-4)
    other = run(style=OTHER).picture
    assert distance(there.picture, other) < distance(there.picture, plain.picture)
    np.testing.assert_allclose(run(style=pair).picture, run(style=pair, style_blend=(2.0, 2.0)).picture, atol=1e-4)
    with pytest.raises(InputError, match=r"3 weights|2 styles"):
        run(style=pair, style_blend=(1.0, 1.0, 1.0))


def test_outside_of_the_mask_the_content_is_unchanged():
    mask = np.zeros(CONTENT_SHAPE, np.float32)
    mask[:, :30] = 1
    made = run(content_mask=mask).picture
    np.testing.assert_allclose(made[:, 28:], RESIZED[:, 28:], atol=1e-6)
    assert distance(made[:, :20], RESIZED[:, :20]) > 0.02


@pytest.mark.slow
def test_each_region_has_a_style():
    """The colors of each half are nearer to those of its own style than with the styles exchanged."""
    mask = np.full(CONTENT_SHAPE, 0.4, np.float32)
    mask[:, 30:] = 1  # the darkest region has the first style
    one, exchanged = (run(style=pair, content_mask=mask).picture for pair in ([STYLE, OTHER], [OTHER, STYLE]))
    for part, style in ((np.s_[:, :20], STYLE), (np.s_[:, -20:], OTHER)):
        colors = style.mean((0, 1))
        assert distance(one[part].mean((0, 1)), colors) < distance(exchanged[part].mean((0, 1)), colors)


@pytest.mark.slow
def test_the_style_can_be_taken_from_a_part_of_it(plain):
    """Two pictures side by side as one style: its mask decides which of them counts."""
    both = np.concatenate([STYLE, OTHER], 1)
    mask = np.zeros(both.shape[:2], np.float32)
    mask[:, : STYLE_SHAPE[1]] = 1
    left, right = (run(style=both, style_masks=[each]).picture for each in (mask, 1 - mask))
    other = run(style=OTHER).picture
    assert distance(left.mean((0, 1)), plain.picture.mean((0, 1))) < distance(left.mean((0, 1)), other.mean((0, 1)))
    assert distance(right.mean((0, 1)), other.mean((0, 1))) < distance(right.mean((0, 1)), plain.picture.mean((0, 1)))


@pytest.mark.slow
def test_a_batch_is_its_pictures_one_by_one(plain):
    contents = [CONTENT, picture(4, *CONTENT_SHAPE), picture(5, 32, 48)]
    batch = nst_jax.stylize_batch(contents, STYLE, FAST)
    assert len(batch) == 3
    np.testing.assert_allclose(batch[0].picture, plain.picture, atol=1e-3)
    for result, content in zip(batch[1:], contents[1:], strict=True):
        np.testing.assert_allclose(result.picture, run(content).picture, atol=1e-3)
    # Here each content has a style of its own.
    matched = nst_jax.stylize_batch(contents, STYLE, FAST, color="match")
    np.testing.assert_allclose(matched[1].picture, run(contents[1], color="match").picture, atol=1e-3)
    with pytest.raises(InputError, match="must have one shape"):
        nst_jax.stylize_batch([CONTENT, picture(4, 60, 40)], STYLE, FAST)


def test_the_bundled_parameters_are_used(plain, monkeypatch):
    monkeypatch.setattr(fast_embedded, "_loaded", {})
    monkeypatch.setattr(fast_embedded, "bundled", weights.bundled)
    result = run()
    assert np.isfinite(result.picture).all()
    assert distance(result.picture, plain.picture) > 1e-3
    bundled = weights.bundled(nst_jax.load_network("embedded"))
    assert result.provenance["network"]["decoder_sha256"] == bundled.sha256


def test_what_belongs_to_the_optimization_is_refused(tmp_path):
    for options in ({"checkpoint": tmp_path / "state"}, {"every": 2}):
        with pytest.raises(InputError, match="made in one step, without checkpoints"):
            run(**options)
    with pytest.raises(InputError, match="steps, which belongs to the optimization"):
        run(steps=3)


def test_another_network_is_refused(monkeypatch, tiny_network):
    monkeypatch.setattr(fast_embedded, "bundled", weights.bundled)
    with pytest.raises(InputError, match="works with the embedded network only, not with random-filter VGG-19"):
        run(network=tiny_network)


@pytest.mark.parametrize("content", [None, b"nonsense"])
def test_parameters_that_are_missing_or_damaged(tmp_path, monkeypatch, content):
    monkeypatch.setattr(fast_embedded, "_loaded", {})
    monkeypatch.setattr(fast_embedded, "bundled", weights.bundled)
    monkeypatch.setattr(weights, "bundled_dir", lambda _: tmp_path)
    assert (bundled_dir("weights") / weights.FILE_NAME).exists()
    if content:
        (tmp_path / weights.FILE_NAME).write_bytes(content)
    with pytest.raises(InputError, match="is damaged; install it again" if content else "is missing; install nst-jax"):
        run()


def test_statistics_of_a_content_are_kept_for_further_strengths(monkeypatch):
    monkeypatch.setattr(fast_embedded, "_content_statistics", {})
    monkeypatch.setattr(fast_embedded, "MOST_STATISTICS_BYTES", 1)
    computed, real = [], stylizer.content_statistics
    monkeypatch.setattr(stylizer, "content_statistics", lambda *each: (computed.append(1), real(*each))[1])
    first = run(style_strength=0.5)
    run(style_strength=0.3)
    run(style_strength=1.0)
    assert len(computed) == len(fast_embedded._content_statistics) == 1
    np.testing.assert_array_equal(run(style_strength=0.5).picture, first.picture)
    run(1 - CONTENT, style_strength=0.5)
    assert len(computed) == 2
    assert len(fast_embedded._content_statistics) == 1
    run(style_strength=0.5)
    assert len(computed) == 3


def test_a_style_is_encoded_once_for_all_photographs(monkeypatch):
    monkeypatch.setattr(fast_embedded, "_codes", {})
    encoded, encode = [], fast_embedded.stylizer.encode
    monkeypatch.setattr(fast_embedded.stylizer, "encode", lambda *each: encoded.append(1) or encode(*each))
    first, again, other = run(), run(content=CONTENT[:, ::-1].copy()), run(style=OTHER)
    assert len(encoded) == 2
    assert first.picture.tobytes() != again.picture.tobytes() != other.picture.tobytes()
    codes = [*fast_embedded._codes.values()]
    assert [*map(size, codes)] == [size(codes[0])] * 2
    # There is room for two, of which the older one goes; the latest one stays in any case.
    monkeypatch.setattr(fast_embedded, "MOST_CODE_BYTES", 2.5 * size(codes[0]))
    run(style=1 - STYLE)
    assert len(fast_embedded._codes) == 2
    assert next(iter(fast_embedded._codes.values())) is codes[1]
    monkeypatch.setattr(fast_embedded, "MOST_CODE_BYTES", 1)
    run()
    assert len(fast_embedded._codes) == 1
    assert len(encoded) == 4


@pytest.mark.slow
def test_ten_codes_of_one_region_are_kept():
    code = fast_embedded.EmbeddedMethod(nst_jax.load_network("embedded")).code(STYLE, None)
    assert fast_embedded.MOST_CODE_BYTES // size(code) == 10


def size(code) -> int:
    """The bytes of a style code."""
    return sum(leaf.nbytes for leaf in jax.tree.leaves(code))
