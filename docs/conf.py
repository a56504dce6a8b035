"""The configuration of the site: `python -m sphinx -W -b html docs site` builds it.

Nothing on a page is fetched from another host: fonts and scripts are those of the theme, and formulas are MathML.
"""

import sys
from pathlib import Path

import nst_jax

sys.path.insert(0, str(Path(__file__).parent / "extensions"))

project = "nst-jax"
author = "nst-jax contributors"
project_copyright = author
version = release = nst_jax.__version__
language = "en"
# Options begin with two hyphens, which would become a dash.
smartquotes = False

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "myst_nb",
    "sphinx_design",
    "command_line",
    "mathml",
    "repository_links",
    "source_maps",
]
exclude_patterns = ["extensions"]

myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 4
# The notebook is executed at each build, so that its pictures are those of the program as it is.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 600
# Widgets would load a script from another host.
nb_ipywidgets_js: dict[str, dict[str, str]] = {}

autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
# Without this, the fields of a class and their descriptions in "Attributes" would be listed twice.
napoleon_use_ivar = True

html_math_renderer = "mathml"
html_theme = "pydata_sphinx_theme"
html_title = "nst-jax"
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_theme_options = {
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "show_toc_level": 2,
}
