"""`python -m nst_jax`: the same as the console command."""

import sys

from nst_jax.cli.main import main

sys.exit(main())
