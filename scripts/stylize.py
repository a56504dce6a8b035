"""Render a photograph in the style of a painting: `python scripts/stylize.py CONTENT STYLE`; the same as `nst-jax`."""

import sys

from nst_jax.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
