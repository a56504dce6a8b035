"""The rule by which the documents' code runs in tests: small images, few steps, a small network.

Sizes above 64 pixels, and 0, become 64; numbers of steps above 4 become 4; each network becomes a small random one. The
fast network stays as it is. The folder has small images under all names that the documents use.
"""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import nst_jax
from nst_jax import api
from nst_jax.cli import folder
from nst_jax.recipes.recipe import Recipe
from tests.conftest import CONTENT_SHAPE, save_image

MOST_PIXELS, MOST_STEPS = 64, 4
# Large enough for the parts that the documents cut from it.
PAINTING_SHAPE = (600, 800)


@pytest.fixture
def small_runs(monkeypatch, tiny_network) -> None:
    """Make all runs small, by the rule above."""
    real_init, real_load = Recipe.__init__, api.load_weights

    def small(self: Recipe, **settings: object) -> None:
        settings["size"] = min(int(settings.get("size") or MOST_PIXELS), MOST_PIXELS)
        for name, default in (("steps", MOST_STEPS), ("coarse_steps", MOST_STEPS), ("first_steps", 0)):
            settings[name] = min(int(settings.get(name) or default), MOST_STEPS)
            if settings.get("fast"):
                # The fast network takes no steps, and only their default is no error.
                del settings[name]
        real_init(self, **settings)

    monkeypatch.setattr(Recipe, "__init__", small)
    for module in (api, folder):
        monkeypatch.setattr(
            module, "load_weights", lambda recipe, *rest: real_load(recipe, *rest) if recipe.fast else tiny_network
        )
    monkeypatch.setattr("nst_jax.networks.weights.load_network", lambda *_, **__: tiny_network)
    assert nst_jax.load_network("vgg19") is tiny_network


@pytest.fixture
def document_folder(tmp_path, monkeypatch) -> Path:
    """A folder with all the files that the documents name, which is made the current one."""
    place = tmp_path / "documents"
    place.mkdir()
    monkeypatch.chdir(place)
    contents = ["photo.jpg", "one.jpg", "two.jpg", "wave.jpg"]
    for seed, name in enumerate([*contents, "photos/a.jpg", "photos/part-0/b.jpg", "photos/part-1/c.jpg"]):
        save_image(Path(name), seed, CONTENT_SHAPE)
    save_image(Path("painting.jpg"), 9, PAINTING_SHAPE)
    height, width = CONTENT_SHAPE
    soft = np.broadcast_to(np.linspace(0, 255, width), CONTENT_SHAPE)
    Image.fromarray(soft.astype(np.uint8)).save("mask.png")
    Image.fromarray(np.where(np.arange(width) < width // 2, 120, 250)[None].repeat(height, 0).astype(np.uint8)).save(
        "regions.png"
    )
    Image.new("L", PAINTING_SHAPE[::-1], 255).save("style-mask.png")
    return place
