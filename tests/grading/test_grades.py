"""What grades must obey, with the encoder, network and calibration of the package."""

import dataclasses
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image, ImageFilter

import nst_jax.grading
from nst_jax import images
from nst_jax.errors import InputError
from nst_jax.files import bundled_dir
from nst_jax.grading import calibration, grades, weights
from nst_jax.grading.grades import PARTS, Grader, bundled_grader, grade_pictures, ladder
from nst_jax.networks.weights import load_network
from nst_jax.training.hand_drawings import hand_drawing
from tests.conftest import picture

NAMES = ("grade", "content", "style", "layout", "encoder")
EXAMPLES = ("astronaut.png", "chelsea.png", "night-swirls.jpg", "poppy-field.jpg", "rocket.jpg")


@pytest.fixture(scope="module")
def examples() -> dict[str, np.ndarray]:
    """The pictures of the package, all of 160 pixels."""
    return {name: images.cover(images.read(bundled_dir("examples") / name).rgb, 160, 160) for name in EXAMPLES}


@pytest.fixture(scope="module")
def chelsea(examples) -> np.ndarray:
    return examples["chelsea.png"]


def blurred(picture: np.ndarray, radius: float) -> np.ndarray:
    image = Image.fromarray((picture * 255 + 0.5).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), np.float32) / 255


def noisy(picture: np.ndarray, deviation: float) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, deviation, picture.shape)
    return np.clip(picture + noise, 0, 1).astype(np.float32)


def warped(picture: np.ndarray, pixels: float) -> np.ndarray:
    """Move each pixel along a wave."""
    rows, columns = np.mgrid[: picture.shape[0], : picture.shape[1]]
    moved = rows + pixels * np.sin(columns / 17), columns + pixels * np.cos(rows / 13)
    return picture[tuple(np.clip(np.round(each), 0, 159).astype(int) for each in moved)]


@pytest.mark.slow
def test_a_picture_and_itself_get_ten_in_everything(examples):
    for each in (*examples.values(), np.ones((160, 160, 3), np.float32)):
        assert [getattr(grade_pictures(each, each), name) for name in NAMES] == [10.0] * 5


@pytest.mark.slow
def test_the_order_of_the_pictures_does_not_matter(examples):
    one, other = examples["astronaut.png"], hand_drawing(examples["astronaut.png"], 200, np.random.default_rng(0))
    assert grade_pictures(one, other) == grade_pictures(other, one)


def test_a_grade_is_the_mean_of_its_parts_with_one_decimal_in_either_order(small_grader):
    one, other = picture(1, 60, 80), picture(2, 70, 50)
    exact, grade = grades.bundled_grader().exact_grades(one, other), grade_pictures(one, other)
    assert exact["grade"] == pytest.approx(sum(exact[name] for name in PARTS) / 3)
    assert 0 < min(exact.values()) <= max(exact.values()) < 10
    for name in NAMES:
        assert getattr(grade, name) == round(exact[name], 1)
    assert grade_pictures(other, one) == grade
    assert [getattr(grade_pictures(one, one), name) for name in NAMES] == [10.0] * 5


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(640, 640), (320, 320), (200, 200)])
def test_the_size_of_a_file_hardly_matters(shape, examples, chelsea):
    large = images.cover(images.read(bundled_dir("examples") / "chelsea.png").rgb, 640, 640)
    drawing = hand_drawing(images.resize(large, 320, 320), 400, np.random.default_rng(0))
    expected, copy = bundled_grader().exact_grades(large, drawing), images.resize(large, *shape)
    found = bundled_grader().exact_grades(copy, drawing)
    for name in NAMES:
        assert found[name] == pytest.approx(expected[name], abs=0.3), name
    assert min(bundled_grader().exact_grades(large, copy).values()) >= 9.7


@pytest.mark.slow
def test_other_shapes_are_graded(chelsea):
    wide = images.resize(chelsea, 160, 300)
    assert grade_pictures(wide, wide).grade == 10
    assert 5 < grade_pictures(wide, chelsea).grade < 10


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "amounts", "last"),
    [
        (blurred, (0.7, 1.5, 3, 6, 12, 25), 4),
        (noisy, (0.02, 0.05, 0.1, 0.2, 0.4), 5),
        (warped, (1, 2, 4, 8, 16), 6),
    ],
)
def test_more_of_a_change_lowers_the_grade(change, amounts, last, chelsea):
    grades = [bundled_grader().exact_grades(chelsea, change(chelsea, amount))["grade"] for amount in amounts]
    assert all(more > less for more, less in pairwise([10.0, *grades])), grades
    assert grades[-1] < last


@pytest.mark.slow
def test_mixing_an_unrelated_picture_in_lowers_all_grades(chelsea, examples):
    other = examples["night-swirls.jpg"]
    mixtures = [(1 - part) * chelsea + np.float32(part) * other for part in (0.1, 0.25, 0.5, 0.75, 1)]
    found = [bundled_grader().exact_grades(chelsea, mixture) for mixture in mixtures]
    for name in NAMES:
        grades = [10.0, *(each[name] for each in found)]
        assert all(more >= less for more, less in pairwise(grades)), (name, grades)
    assert all(more > less for more, less in pairwise(each["grade"] for each in found))
    assert found[-1]["grade"] <= 1.5


@pytest.mark.slow
def test_unrelated_pictures_get_one_and_a_half_at_most(examples):
    grades = [
        grade_pictures(examples[one], examples[other])
        for number, one in enumerate(EXAMPLES)
        for other in EXAMPLES[number + 1 :]
    ]
    assert max(each.grade for each in grades) <= 1.5
    assert np.mean([each.encoder <= 1.5 for each in grades]) >= 0.8


@pytest.mark.slow
def test_a_blank_page_and_a_scribble_are_below_a_careful_drawing(examples):
    generator = np.random.default_rng(0)
    for each in examples.values():
        blank, scribble, careful = (
            np.ones_like(each),
            hand_drawing(each, 12, generator),
            hand_drawing(each, 400, generator),
        )
        worst, low, high = (bundled_grader().exact_grades(each, other)["grade"] for other in (blank, scribble, careful))
        assert worst <= 1.5
        assert low + 1 < high < 7


def test_pictures_are_graded_against_photograph_and_painting(small_grader):
    photograph, painting = picture(1, 60, 80), picture(2, 70, 50)
    grade = grade_pictures(photograph, painting, photograph, painting)
    assert (grade.first_content, grade.second_style) == (10, 10)
    assert grade.first_style == grade.style
    assert grade.second_content == grade.content
    only = grade_pictures(photograph, painting, style=painting)
    assert (only.first_content, only.second_content, only.second_style) == (None, None, 10)


def test_transparency_is_laid_on_white(small_grader):
    alpha = np.ones((60, 60, 1), np.float32)
    alpha[:, 30:] = 0
    white = picture(1, 60, 60)
    clear = np.concatenate([white, alpha], 2)
    white[:, 30:] = 1
    assert grade_pictures(clear, white).grade == 10


def test_the_ladder_goes_down_from_ten():
    rungs = ladder()
    assert rungs[0][1] == 10
    assert rungs[-1][1] < 1.5
    assert len(rungs) >= 8
    assert all(isinstance(label, str) for label, _ in rungs)


@pytest.mark.parametrize(("field", "kind"), [("encoder", "encoder"), ("network", "network")])
def test_a_calibration_of_other_parameters_is_refused(field, kind):
    folder = bundled_dir("weights")
    rules = dataclasses.replace(calibration.read(folder / calibration.FILE_NAME), **{field: "0" * 64})
    with pytest.raises(
        InputError, match=rf"^The grade was calibrated with another {kind} than the one at hand, .*anew"
    ):
        Grader(weights.read(folder / weights.FILE_NAME), load_network("embedded"), rules)


def test_importing_the_package_does_not_import_jax():
    code = "import sys, nst_jax.grading; assert not {'jax', 'numpy'} & set(sys.modules); nst_jax.grading.ladder"
    subprocess.run([sys.executable, "-c", code], check=True)
    with pytest.raises(AttributeError, match="no attribute 'grades_of'"):
        nst_jax.grading.grades_of  # noqa: B018


@pytest.mark.slow
def test_methods_seeds_drawings_and_strangers_are_in_order(examples):
    """On the examples, which neither the anchors nor their check have seen, painted here."""
    generator = np.random.default_rng(0)
    painting, other_painting = examples["night-swirls.jpg"], examples["poppy-field.jpg"]
    for name, stranger in (("chelsea.png", "astronaut.png"), ("astronaut.png", "rocket.jpg")):

        def fast(content, style, seed=0):
            return nst_jax.stylize_fast(content, style, size=160, seed=seed).picture

        target = fast(examples[name], painting)
        others = {
            "seed": fast(examples[name], painting, 1),
            "method": nst_jax.stylize(examples[name], painting, size=160, steps=60).picture,
            "careful": hand_drawing(target, 400, generator),
            "scribble": hand_drawing(target, 12, generator),
            "style": fast(examples[name], other_painting),
            "content": fast(examples[stranger], painting),
            "unrelated": fast(examples[stranger], other_painting),
        }
        grades = {key: bundled_grader().exact_grades(target, each)["grade"] for key, each in others.items()}
        assert 8.3 <= grades["seed"] <= 9.7
        assert grades["scribble"] < grades["careful"] < grades["method"] < grades["seed"]
        for shared in ("style", "content"):
            assert grades["unrelated"] < grades[shared] < grades["method"]
        assert grades["unrelated"] <= 1.5
