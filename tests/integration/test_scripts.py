"""The scripts that draw sheets of reconstructions and that replicate published runs."""

from pathlib import Path

import pytest
import tyro
from PIL import Image

from nst_jax import images
from nst_jax.errors import InputError
from nst_jax.images.contact_sheet import GAP
from tests.conftest import save_image
from tests.integration.programs import ROOT


@pytest.fixture
def scripts(image_folder, monkeypatch) -> None:
    """Make the scripts importable, in a folder with a content and a style."""
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))


@pytest.mark.slow
def test_reconstructions_stand_in_a_sheet(image_folder, scripts):
    import reconstruct

    options = ["--network", "tiny.h5", "--size", "48", "--steps", "3", "--cell", "64", "--optimizer", "lbfgs"]
    layers = ["--jitter", "0", "--layers", "relu1_1", "relu2_1", "-o", "a.png"]
    reconstruct.main(tyro.cli(reconstruct.Command, args=["content.png", "style.png", *options, *layers]))
    assert images.read(image_folder / "a.png").rgb.shape[1] == 3 * (64 + GAP) + GAP


def test_replicating_says_what_it_lacks(scripts):
    import replicate

    def run(name):
        replicate.main(tyro.cli(replicate.Command, args=[".", "--runs", name]))

    with pytest.raises(InputError, match=r"^Put these pictures into \. first: Tuebingen_Neckarfront\.jpg from https:"):
        run("gatys")
    for name in ("dancing.jpg", "picasso.jpg"):
        save_image(Path(name), 1, (32, 32))
    with pytest.raises(InputError, match=r"^Torchvision's VGG-19 is not here; download https://"):
        run("pytorch-tutorial")
    with pytest.raises(InputError, match=r"^Nothing is published for unknown"):
        run("unknown")


@pytest.mark.slow
def test_replicating_sets_our_losses_beside_the_published_ones(scripts, monkeypatch, tiny_network):
    import replicate

    for seed, name in enumerate(("dancing.jpg", "picasso.jpg")):
        save_image(Path(name), seed, (32, 32))
    (run,) = [run for run in replicate.RUNS if run.recipe == "pytorch-tutorial"]
    recipe = replicate.get_recipe("pytorch-tutorial")
    monkeypatch.setattr(replicate, "get_recipe", lambda _: replicate.dataclasses.replace(recipe, size=32, steps=100))
    lines: list[str] = []
    replicate.replicate(run, Path(), tiny_network, Path("made"), lines.append)
    assert lines[0].startswith("pytorch-tutorial with random-filter VGG-19")
    cells = [line.split("|") for line in lines if line.startswith(("| 50 |", "| 100 |"))]
    assert len(cells) == 2
    for row, published in zip(cells, ((4.169304, 4.235329), (1.145476, 3.039176)), strict=True):
        assert [float(row[3]), float(row[6])] == pytest.approx(published, rel=1e-5)
        ours = float(row[2]), float(row[5])
        # The cells are rounded to six digits.
        assert float(row[4].strip(" %")) == pytest.approx(100 * (ours[0] / published[0] - 1), rel=1e-4, abs=0.01)
    with Image.open("made/pytorch-tutorial.png") as image:
        assert image.size == (32, 32)
