"""Report of a run as an HTML page or a PNG sheet: inputs, result, snapshots, loss curves and settings."""

import base64
import dataclasses
import html
import io
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nst_jax import images
from nst_jax.engine.result import Progress, Result
from nst_jax.errors import InputError
from nst_jax.files import atomic_write
from nst_jax.images.picture import RGB, Picture
from nst_jax.images.writing import encode_jpeg
from nst_jax.recipes.recipe import Recipe

# A function that draws the curves into a figure of matplotlib.
Draw = Callable[[Any], None]
# Fractions of the work (in evaluated pixels) after which a snapshot is kept.
MOMENTS = (0.02, 0.1, 0.25, 0.5, 0.75)
# Maximum long side of the images in the report, in pixels.
SNAPSHOT_SIZE, RESULT_SIZE = 240, 1024


class Report:
    """A recorder of a run that writes the report at its end.

    Args:
        path: the file to write; it ends in .html or .png.
        content: the content image.
        styles: the style images.
    """

    def __init__(self, path: Path, content: Picture, styles: Sequence[Picture]):
        self._path = path
        self._inputs = {f"content: {content.name}": content.rgb}
        self._inputs |= {f"style: {style.name}": style.rgb for style in styles}
        self._snapshots: dict[str, RGB] = {}
        self._clock = [(0, 0.0)]
        self._scale_ends: dict[int, int] = {}
        self._moments = list(MOMENTS)

    def watch(self, progress: Progress) -> None:
        """Record the time, the ends of scales and, after the fractions in MOMENTS, a snapshot."""
        self._clock.append((progress.step, progress.seconds))
        self._scale_ends[progress.scale] = progress.step
        if self._moments and progress.fraction >= self._moments[0] and progress.ending is None:
            self._moments = [moment for moment in self._moments if moment > progress.fraction]
            self._snapshots[f"step {progress.step}"] = images.shrink(_shown(progress.partial_result), SNAPSHOT_SIZE)

    def write(self, result: Result) -> None:
        """Write the report.

        Args:
            result: the result of the run.

        Raises:
            InputError: if the file cannot be written.
        """
        pictures = self._inputs | self._snapshots | {f"result, step {result.steps}": _shown(result)}
        make = _html if self._path.suffix.lower() == ".html" else _png
        page = make(pictures, lambda figure: self._draw(result, figure), _settings(result))
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(self._path) as temporary:
                temporary.write_bytes(page)
        except OSError as error:
            raise InputError(
                f"The report {self._path} cannot be written: {error.strerror or error}; choose another place."
            ) from error

    def _draw(self, result: Result, figure: Any) -> None:
        """Plot each loss term over evaluations and over seconds, with a vertical line where a scale ends.

        A run of the fast network has no losses; its curves stay empty.
        """
        if not len(result.losses.total):
            return
        steps = np.arange(1, len(result.losses.total) + 1)
        seconds = np.interp(steps, *np.array(self._clock).T)
        terms = {
            "content": result.losses.content,
            "style": result.losses.style,
            "total variation": result.losses.total_variation,
            "total": result.losses.total,
        }
        for axes, x, label in zip(figure.subplots(1, 2), (steps, seconds), ("evaluations", "seconds"), strict=True):
            for name, values in terms.items():
                if np.nanmax(values) > 0:
                    axes.plot(x, np.where(values > 0, values, np.nan), label=name)
            for end in list(self._scale_ends.values())[:-1]:
                axes.axvline(x[min(end, len(x)) - 1], color="grey", linewidth=0.8, linestyle=":")
            axes.set(xlabel=label, ylabel="weighted loss", yscale="log")
            axes.grid(alpha=0.3)
        axes.legend()


def _settings(result: Result) -> dict[str, str]:
    """Return ending, network, device, versions and settings as text; settings that differ from the default come first.

    Returns:
        {name: value}, in the order of the report.
    """
    facts, defaults = result.provenance, dataclasses.asdict(Recipe())
    recipe = dataclasses.asdict(result.recipe)
    ordered = sorted(recipe, key=lambda name: recipe[name] == defaults[name])
    return {
        "ending": f"{result.ending}; {result.seconds:.1f} s",
        "painted with": f"{facts['network']['name']} ({facts['network']['sha256'][:12]})",
        "device": facts["device"],
        "versions": ", ".join(f"{name} {version}" for name, version in facts["versions"].items()),
        **{name.replace("_", " "): _words(recipe[name]) for name in ordered},
    }


def _shown(result: Result) -> RGB:
    """Return the image of a result as it looks on a white page."""
    return images.on_white(result.picture, result.alpha)


def _words(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)


def _html(pictures: dict[str, RGB], draw: Draw, settings: dict[str, str]) -> bytes:
    """Render the report as one HTML file that contains all images."""
    from matplotlib.figure import Figure

    figure, buffer = Figure(figsize=(11, 3.6), layout="constrained"), io.StringIO()
    draw(figure)
    figure.savefig(buffer, format="svg")
    drawing = buffer.getvalue()
    figures = "".join(
        f'<figure><img alt="{html.escape(label)}" src="data:image/jpeg;base64,{_base64(picture)}">'
        f"<figcaption>{html.escape(label)}</figcaption></figure>"
        for label, picture in pictures.items()
    )
    rows = "".join(
        f"<tr><th>{html.escape(key)}</th><td>{html.escape(text)}</td></tr>" for key, text in settings.items()
    )
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>nst-jax: a run</title>
<style>
body {{ font: 15px sans-serif; margin: 2em auto; max-width: 1100px }}
figure {{ display: inline-block; margin: 0 1em 1em 0; vertical-align: top }}
figure:not(:last-of-type) img {{ height: 180px }}
img {{ max-width: 100%; display: block }}
figcaption {{ color: #555 }}
th {{ text-align: left; font-weight: normal; color: #555; padding-right: 2em; vertical-align: top }}
</style>
<h1>A run of nst-jax</h1>
{figures}
{drawing[drawing.index("<svg") :]}
<table>{rows}</table>
</html>
""".encode()


def _base64(picture: RGB) -> str:
    return base64.b64encode(encode_jpeg(images.shrink(picture, RESULT_SIZE))).decode()


def _png(pictures: dict[str, RGB], draw: Draw, settings: dict[str, str]) -> bytes:
    """Render the report as one PNG image."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 15), layout="constrained")
    parts: Any = figure.subfigures(4, 1, height_ratios=(1.4, 5, 3, 1.8))
    top, middle, curves, bottom = parts
    *small, (label, result) = pictures.items()
    for axes, (name, picture) in zip(top.subplots(1, len(small), squeeze=False)[0], small, strict=True):
        _show(axes, images.shrink(picture, SNAPSHOT_SIZE), name)
    _show(middle.subplots(), images.shrink(result, RESULT_SIZE), label)
    draw(curves)
    words = "; ".join(f"{key}: {value}" for key, value in settings.items())
    bottom.text(0.01, 0.95, textwrap.fill(words, 190), va="top", fontsize=8)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()


def _show(axes: Any, picture: RGB, title: str) -> None:
    axes.imshow(np.clip(picture, 0, 1))
    axes.set_title(title, fontsize=9)
    axes.axis("off")
