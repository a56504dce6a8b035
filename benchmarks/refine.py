"""Loss over evaluations and seconds of an optimization that starts from the fast picture, and of the plain default."""

import dataclasses
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

import nst_jax
from nst_jax.engine.preprocess import computed_scales
from nst_jax.recipes.recipe import Recipe

# The number of evaluations at full size with which the fast picture is compared.
EARLY = 40


class Row(NamedTuple):
    """Losses of the default recipe's objective at full size, and evaluations to reach them, for one pair.

    Evaluations at coarser scales count by their number of pixels.

    Attributes:
        pair: names of the pair.
        fast: the loss of the fast picture.
        early: the plain start's loss after its coarse scales and EARLY evaluations at full size.
        plain: the plain start's last loss.
        evaluations: of the plain start, in all.
        reached: evaluations from the fast start until the loss is that of `plain`; None if it never is.
        refined: the last loss from the fast start.
        seconds: of the plain start, in all.
        reached_seconds: of the fast start until `reached`, the fast picture included.
    """

    pair: str
    fast: float
    early: float
    plain: float
    evaluations: float
    reached: float | None
    refined: float
    seconds: float
    reached_seconds: float | None


class Curve(NamedTuple):
    """The loss after each evaluation: (evaluations,) each.

    Attributes:
        evaluations: the number of evaluations so far, those at coarser scales by their number of pixels.
        seconds: since the call, the reading of the files and the fast picture included.
        losses: total loss; at coarse scales that of the coarse image.
        full_size: whether the evaluation was at full size.
    """

    evaluations: Float[np.ndarray, " steps"]
    seconds: Float[np.ndarray, " steps"]
    losses: Float[np.ndarray, " steps"]
    full_size: Float[np.ndarray, " steps"]


def measure(content: Path, style: Path, recipe: Recipe, pictures: Path | None) -> tuple[Row, dict[str, Curve]]:
    """Run the default from the plain and from the fast start, and compare.

    Args:
        content: file of the content.
        style: file of the style.
        recipe: the settings of the plain start.
        pictures: folder to save the pictures in; None saves none.
    """
    pair = f"{content.stem}_{style.stem}"
    plain, plain_result = curve(content, style, recipe)
    refined, refined_result = curve(content, style, dataclasses.replace(recipe, init="fast"))
    # The first loss is that of the start itself, before the first step is taken.
    first = curve(content, style, dataclasses.replace(recipe, init="fast", steps=1, jitter=0.0))[0]
    at_full_size = plain.losses[plain.full_size > 0]
    target = float(at_full_size[-1])
    below = np.flatnonzero(refined.losses <= target)
    if pictures:
        pictures.mkdir(parents=True, exist_ok=True)
        plain_result.save(pictures / f"{pair}_plain.png")
        refined_result.save(pictures / f"{pair}_fast_start.png")
    row = Row(
        pair,
        fast=float(first.losses[0]),
        early=float(at_full_size[min(EARLY, len(at_full_size)) - 1]),
        plain=target,
        evaluations=float(plain.evaluations[-1]),
        reached=float(refined.evaluations[below[0]]) if below.size else None,
        refined=float(refined.losses[-1]),
        seconds=float(plain.seconds[-1]),
        reached_seconds=float(refined.seconds[below[0]]) if below.size else None,
    )
    return row, {"plain start": plain, "fast start": refined}


def curve(content: Path, style: Path, recipe: Recipe) -> tuple[Curve, nst_jax.Result]:
    """Stylize a pair and record the loss after each evaluation."""
    began, reports, progress = time.perf_counter(), [(0, 0.0)], None
    for progress in nst_jax.stylize_steps(content, style, recipe):
        reports.append((progress.step, time.perf_counter() - began))
    assert progress is not None
    result = progress.partial_result
    sizes = computed_scales(result.picture.shape, recipe)
    pixels = np.repeat([size.pixels for size in sizes], recipe.steps_at(sizes))[: result.steps]
    steps, seconds = np.array(reports).T
    return Curve(
        np.cumsum(pixels) / sizes[-1].pixels,
        np.interp(np.arange(1, result.steps + 1), steps, seconds),
        result.losses.total,
        (pixels == sizes[-1].pixels).astype(float),
    ), result
