"""What a saved picture says of how it was made."""

import importlib.metadata
import platform

import pytest

import nst_jax
from nst_jax import images
from nst_jax.engine import provenance
from tests.conftest import QUICK, picture


@pytest.fixture
def nothing_cached():
    provenance._version.cache_clear()
    yield
    provenance._version.cache_clear()


@pytest.mark.usefixtures("nothing_cached")
def test_a_copy_that_was_not_installed_has_an_unknown_version(monkeypatch):
    """The picture is saved all the same."""
    real = importlib.metadata.version

    def version(package):
        if package == "nst-jax":
            raise importlib.metadata.PackageNotFoundError(package)
        return real(package)

    monkeypatch.setattr(importlib.metadata, "version", version)
    found = provenance.versions()
    assert found["nst-jax"] == "unknown"
    assert found["python"] == platform.python_version()
    assert found["jax"] == real("jax")


def test_what_the_program_chooses_is_recorded(tiny_network):
    """Another version may choose otherwise, and must not take such a picture or checkpoint for its own."""
    settings = QUICK | {"supersampling": None, "steps": None, "size": 130}
    recipe = nst_jax.Recipe(**settings)
    inputs = provenance.run_inputs(tiny_network, images.read(picture(1, 40, 60)), [images.read(picture(2, 40, 60))])
    assert provenance.provenance(recipe, inputs)["chosen"] == {"supersampling": 1.6, "steps": 62}
    given = nst_jax.Recipe(**settings | {"supersampling": 1.0, "steps": 5})
    assert provenance.provenance(given, inputs)["chosen"] == {}
