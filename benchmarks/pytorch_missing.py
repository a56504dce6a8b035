"""The refusal of comparisons with PyTorch where it is not installed."""

import importlib.util

from nst_jax.errors import InputError


def require_torch() -> None:
    """Check that PyTorch is installed.

    Raises:
        InputError: if it is not; the message says how to install it.
    """
    if importlib.util.find_spec("torch") is None:
        raise InputError("This measures against PyTorch, which is not installed: pip install -e '.[bench]'.")
