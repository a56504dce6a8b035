"""Compare runs of published methods with the losses that their authors published.

This needs the pretrained networks (gatys: Oxford's, which is downloaded; pytorch-tutorial: torchvision's, see
weights/README.md) and the pictures that the authors used; the error message for a missing picture says where to get it.
Small differences of floating-point arithmetic and resizing make L-BFGS diverge from the published run after some dozens
of evaluations, so the first losses should agree closely and the later ones in magnitude.
"""

import dataclasses
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
import tyro

import nst_jax
from nst_jax import images
from nst_jax.cli.program import run_script
from nst_jax.errors import InputError
from nst_jax.recipes.published import get_recipe


class Published(NamedTuple):
    """Published losses of a run.

    Attributes:
        recipe: the name of the recipe.
        source: where the losses are published.
        content: file name and address of the content image.
        style: file name and address of the style image.
        losses: {number of the evaluation at the final size, from 1: the losses, one for each of `parts`}.
        parts: the fields of `Losses` that are published, such as "total", or "style" and "content".
    """

    recipe: str
    source: str
    content: tuple[str, str]
    style: tuple[str, str]
    losses: dict[int, tuple[float, ...]]
    parts: tuple[str, ...]


_NOTEBOOK = "https://github.com/leongatys/PytorchNeuralStyleTransfer"
_IMAGES = f"{_NOTEBOOK} (Images/)"
_TUTORIAL = "https://pytorch.org/tutorials/advanced/neural_style_tutorial.html"
_TUTORIAL_IMAGES = "https://pytorch.org/tutorials/_static/img/neural-style/"
_TUEBINGEN, _NIGHT = ("Tuebingen_Neckarfront.jpg", _IMAGES), ("vangogh_starry_night.jpg", _IMAGES)

RUNS = (
    # The notebook's counter is one ahead of its evaluations, so the numbers here are one less than those it prints.
    Published(
        "gatys",
        f"{_NOTEBOOK}, NeuralStyleTransfer.ipynb",
        _TUEBINGEN,
        _NIGHT,
        {49: (1388532.5,), 99: (707860.75,), 149: (538045.44,), 249: (433804.63,), 499: (368493.78,)},
        ("total",),
    ),
    Published(
        "gatys-high-resolution",
        f"{_NOTEBOOK}, NeuralStyleTransfer.ipynb",
        _TUEBINGEN,
        _NIGHT,
        {49: (393681.66,), 99: (318565.34,), 149: (288719.72,), 199: (272176.63,)},
        ("total",),
    ),
    Published(
        "pytorch-tutorial",
        _TUTORIAL,
        ("dancing.jpg", f"{_TUTORIAL_IMAGES}dancing.jpg"),
        ("picasso.jpg", f"{_TUTORIAL_IMAGES}picasso.jpg"),
        {
            50: (4.169304, 4.235329),
            100: (1.145476, 3.039176),
            150: (0.716769, 2.663749),
            200: (0.476047, 2.500893),
            250: (0.347092, 2.410895),
            300: (0.263698, 2.358449),
        },
        ("style", "content"),
    ),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Command:
    """Run published methods and compare their losses with the published ones."""

    pictures: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="FOLDER")]
    """Folder with the pictures that the authors used; an error message lists missing ones with their addresses."""

    runs: tuple[str, ...] = tuple(run.recipe for run in RUNS)
    """Names of the published runs to repeat."""

    network: str = ""
    """Weight file or name of a network to use in place of the method's own; the losses then differ."""

    output: Path | None = None
    """Folder to save the results in; by default they are not saved."""


def missing(run: Published, folder: Path) -> list[str]:
    """List the images of a run that are not in the folder, as "NAME from ADDRESS"."""
    return [f"{name} from {address}" for name, address in (run.content, run.style) if not (folder / name).is_file()]


def main(command: Command) -> None:
    """Repeat the chosen runs and print a table for each."""
    known = {run.recipe: run for run in RUNS}
    if unknown := set(command.runs) - set(known):
        raise InputError(f"Nothing is published for {', '.join(sorted(unknown))}; there are {', '.join(known)}.")
    wanted = [known[name] for name in command.runs]
    lacking = dict.fromkeys(line for run in wanted for line in missing(run, command.pictures))
    if lacking:
        raise InputError(f"Put these pictures into {command.pictures} first: {'; '.join(lacking)}.")
    networks = {run.recipe: nst_jax.load_network(command.network or get_recipe(run.recipe).network) for run in wanted}
    for run in wanted:
        replicate(run, command.pictures, networks[run.recipe], command.output, print)


def replicate(
    run: Published,
    pictures: Path,
    network: nst_jax.NetworkWeights,
    output: Path | None,
    say: Callable[[str], None],
) -> None:
    """Repeat one run and report its losses beside the published ones.

    Args:
        run: the published run.
        pictures: the folder of its images.
        network: the network to use.
        output: the folder to save the result in, or None.
        say: called with each line of the report.
    """
    recipe = get_recipe(run.recipe)
    content, style = (images.read(pictures / name) for name, _ in (run.content, run.style))
    result = nst_jax.stylize(content, style, recipe, network=network)
    say(f"{run.recipe} with {network.name}, against {run.source}\n")
    say(f"| evaluation |{''.join(f' {part} | published | difference |' for part in run.parts)}")
    say("| --- |" + " --- | --- | --- |" * len(run.parts))
    terms = result.losses
    coarse_steps = result.total_steps - recipe.main_steps
    for evaluation, published in run.losses.items():
        if coarse_steps + evaluation > result.steps:
            say(f"It ended after {result.steps} evaluations: {result.ending}.")
            break
        ours = [float(np.asarray(getattr(terms, part))[coarse_steps + evaluation - 1]) for part in run.parts]
        cells = (f" {a:.6g} | {b:.6g} | {a / b - 1:+.2%} |" for a, b in zip(ours, published, strict=True))
        say(f"| {evaluation} |{''.join(cells)}")
    say("")
    if output:
        output.mkdir(parents=True, exist_ok=True)
        result.save(output / f"{run.recipe}.png")


if __name__ == "__main__":
    sys.exit(run_script(lambda: main(tyro.cli(Command))))
