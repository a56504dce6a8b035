"""Leave out the theme's source maps: only debuggers read them, and they would be a sixth of the site."""

from typing import Any

from sphinx.application import Sphinx


def remove_source_maps(app: Sphinx, error: Exception | None) -> None:
    """Delete the source maps that the theme has copied to the site."""
    if error is None:
        for path in (app.outdir / "_static").rglob("*.map"):
            path.unlink()


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the deletion, which comes after everything else."""
    app.connect("build-finished", remove_source_maps)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
