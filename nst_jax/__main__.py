"""Entry point of `python -m nst_jax`, which does the same as the console command `nst-jax`."""

import sys

from nst_jax.cli.main import main

sys.exit(main())
