"""Open the studio in the browser: `python scripts/studio.py`; the same as `nst-jax studio`."""

import sys

from nst_jax.cli.main import main

if __name__ == "__main__":
    sys.argv.insert(1, "studio")
    sys.exit(main())
