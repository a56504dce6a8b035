"""Paints a photograph in the manner of a painting: `python scripts/stylize.py CONTENT STYLE`. See --help."""

import sys

from nst_jax.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
