"""Convert weights: `python scripts/convert_weights.py SOURCE... TARGET.h5`; the same as `nst-jax-convert`."""

import sys

from nst_jax.cli.main import convert

if __name__ == "__main__":
    sys.exit(convert())
