"""What a saved picture says of how it was made."""

import importlib.metadata
import platform

import pytest

from nst_jax.engine import provenance


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
