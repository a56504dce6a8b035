"""The small network that comes with the program."""

import subprocess
import sys
import zipfile
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

import nst_jax
from nst_jax import images
from nst_jax.files import bundled_dir
from nst_jax.networks.vgg import VGG
from nst_jax.networks.weights.loading import EMBEDDED_NAME
from nst_jax.recipes.vgg_layers import CONVOLUTIONS, VGG19_WIDTHS, block_of

REPOSITORY = Path(__file__).parents[2]
EXAMPLES = ("chelsea.png", "astronaut.png", "rocket.jpg", "night-swirls.jpg", "poppy-field.jpg", "harbor-print.jpg")


@pytest.fixture(scope="module")
def embedded():
    return nst_jax.load_network("embedded")


def test_the_embedded_network_is_a_quarter_of_vgg19_in_a_small_file(embedded):
    assert tuple(embedded.convolutions) == CONVOLUTIONS[:13]
    widths = {name: bias.size for name, (_, bias) in embedded.convolutions.items()}
    quarter = {name: VGG19_WIDTHS[block_of(name) - 1] // 4 for name in CONVOLUTIONS[:13]}
    # relu2_1 needs a few more to tell what the 128 channels of VGG-19 tell.
    assert widths == quarter | {"conv2_1": 40}
    assert (bundled_dir("weights") / EMBEDDED_NAME).stat().st_size < 4e6


def test_the_readme_of_the_weights_names_its_hash(embedded):
    assert embedded.sha256 in (REPOSITORY / "weights" / "README.md").read_text()


@pytest.mark.slow
def test_the_mean_activation_of_every_layer_is_about_1(embedded):
    """Over natural images it is 1, so over the five samples it is about that."""
    network = VGG.of(embedded)
    layers = [name.replace("conv", "relu") for name in embedded.convolutions]
    means = []
    for name in EXAMPLES:
        rgb = images.read(bundled_dir("examples") / name).rgb
        small = images.resize(rgb, *images.fitted_size(rgb.shape, 256))
        means.append([float(values.mean()) for values in network(jnp.asarray(small), layers).values()])
    assert np.mean(means, axis=0).min() > 0.5
    assert np.mean(means, axis=0).max() < 2


def test_a_wheel_contains_the_embedded_network(tmp_path, embedded):
    """A wheel, unpacked as an installation would, in a process that does not know the repository."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path / "wheel"],
        cwd=REPOSITORY, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = (tmp_path / "wheel").iterdir()
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    # The pages of the studio are files, too.
    static = REPOSITORY / "nst_jax" / "studio" / "static"
    pages = [path.relative_to(static) for path in static.rglob("*") if path.is_file()]
    assert pages
    assert all((site / "nst_jax" / "studio" / "static" / page).is_file() for page in pages)
    # So are the other weights.
    assert all(
        (site / "nst_jax" / "_bundled" / "weights" / name).is_file() for name in ("fast.npz", "grade.npz", "grade.json")
    )
    program = (
        f"import sys; sys.path.insert(0, {str(site)!r}); import nst_jax; "
        "print(nst_jax.__file__); print(nst_jax.load_network('embedded').sha256)"
    )
    (tmp_path / "empty").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path / "empty", check=True, capture_output=True, text=True
    )
    file, sha256 = done.stdout.split()
    assert Path(file).is_relative_to(site)
    assert sha256 == embedded.sha256
