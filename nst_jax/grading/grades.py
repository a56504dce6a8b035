"""The grades of two pictures, from 0 to 10."""

import dataclasses
import functools
from collections.abc import Mapping

from nst_jax import images
from nst_jax.errors import InputError
from nst_jax.files import bundled_dir
from nst_jax.grading import calibration, weights
from nst_jax.grading.appearance import Code, Features, code, features, visible_side
from nst_jax.grading.calibration import Anchors, Calibration
from nst_jax.grading.distances import Distances, code_distances, feature_distances
from nst_jax.grading.weights import EncoderWeights
from nst_jax.images.picture import RGB
from nst_jax.networks.vgg import VGG
from nst_jax.networks.weights.loading import load_network
from nst_jax.networks.weights.parameters import NetworkWeights

# The parts whose mean is the grade.
PARTS = ("content", "style", "layout")
# Descriptions by the identity of a picture and the size at which it was seen.
Known = dict[tuple[int, int], tuple[Features, Code]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Grade:
    """How alike two pictures are, each number from 0 (unrelated) to 10 (equal), with one decimal.

    Attributes:
        grade: the mean of `content`, `style` and `layout`.
        content: whether they show the same.
        style: whether they are painted in the same way.
        layout: whether their colors are at the same places, roughly, by the codes of the autoencoder's encoder.
        encoder: the published experiment's measure alone: the distance of these codes, position by position.
        first_content: whether the first picture shows what the content picture does; None without one.
        first_style: whether the first picture is painted as the style picture is; None without one.
        second_content: the same of the second picture.
        second_style: the same of the second picture.
    """

    grade: float
    content: float
    style: float
    layout: float
    encoder: float
    first_content: float | None = None
    first_style: float | None = None
    second_content: float | None = None
    second_style: float | None = None


def exact_grades(found: Distances, anchors: Mapping[str, Anchors]) -> dict[str, float]:
    """Return the grades of distances by name, "grade" among them, not rounded."""
    grades = {name: anchors[name].grade(distance) for name, distance in dataclasses.asdict(found).items()}
    return {"grade": sum(grades[name] for name in PARTS) / len(PARTS), **grades}


class Grader:
    """Grades pictures.

    Args:
        encoder: the encoder of the autoencoder.
        network: the network whose features are compared.
        rules: the calibration that was made with both.

    Raises:
        InputError: when the calibration was made with another encoder or network.
    """

    def __init__(self, encoder: EncoderWeights, network: NetworkWeights, rules: Calibration):
        for kind, expected, found in (
            ("encoder", rules.encoder, encoder.sha256),
            ("network", rules.network, network.sha256),
        ):
            if expected != found:
                raise InputError(
                    f"The grade was calibrated with another {kind} than the one at hand, whose hash begins with "
                    f"{found[:12]} and not with {expected[:12]}; install nst-jax again, or calibrate the grade anew."
                )
        self._encoder, self._network, self.rules = encoder, VGG.of(network, padding="edges"), rules

    def exact_grades(self, first: RGB, second: RGB, known: Known | None = None) -> dict[str, float]:
        """Return the grades of two pictures by name, "grade" among them, not rounded.

        Args:
            first: a picture.
            second: another one.
            known: descriptions of pictures, which are used again, and to which those of these two are added; pictures
                are told by their identity.
        """
        side, known = visible_side(first, second), {} if known is None else known
        for picture in (first, second):
            if (id(picture), side) not in known:
                known[id(picture), side] = (
                    features(picture, side, self._network),
                    code(picture, side, self._encoder.parameters),
                )
        (one, one_code), (other, other_code) = (known[id(picture), side] for picture in (first, second))
        found = Distances(**feature_distances(one, other), **code_distances(one_code, other_code))
        return exact_grades(found, self.rules.anchors)

    def grade(self, first: RGB, second: RGB, content: RGB | None = None, style: RGB | None = None) -> Grade:
        """Grade two pictures; see `grade_pictures`."""
        known: Known = {}
        found = self.exact_grades(first, second, known)
        for name, reference in (("content", content), ("style", style)):
            for place, picture in (("first", first), ("second", second)):
                if reference is not None:
                    found[f"{place}_{name}"] = self.exact_grades(picture, reference, known)[name]
        return Grade(**{name: round(value, 1) for name, value in found.items()})


@functools.cache
def bundled_grader() -> Grader:
    """Load the grader that the package contains; once for each process.

    Raises:
        InputError: when its files are missing, damaged or do not belong together.
    """
    folder = bundled_dir("weights")
    return Grader(
        weights.read(folder / weights.FILE_NAME),
        load_network("embedded"),
        calibration.read(folder / calibration.FILE_NAME),
    )


def grade_pictures(
    first: images.Source,
    second: images.Source,
    content: images.Source | None = None,
    style: images.Source | None = None,
) -> Grade:
    """Grade how alike two pictures are, from 0 to 10.

    Both pictures are squeezed into the same square where places are compared, so their shapes need not be equal.
    Transparent pictures are laid on white.

    Args:
        first: a path, Pillow image, array or `Picture`; see `images.read`.
        second: likewise. The grade is the same when both are exchanged.
        content: the photograph that both are made of; each is then graded against it too.
        style: the painting that both are made after; likewise.

    Returns:
        The grade and its parts.

    Raises:
        InputError: when a picture cannot be read or is too small.
    """
    grader = bundled_grader()
    sources = [None if source is None else images.read(source).rgb for source in (content, style)]
    return grader.grade(images.read(first).rgb, images.read(second).rgb, *sources)


def ladder() -> list[tuple[str, float]]:
    """Return (label, grade) of pairs of pictures that anybody can imagine, from the best grade to the worst.

    Raises:
        InputError: when the calibration is missing or damaged.
    """
    return list(bundled_grader().rules.ladder)
