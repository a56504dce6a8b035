"""What jax computes on."""


def has_accelerator() -> bool:
    """Whether jax computes on something faster than a CPU."""
    import jax  # which takes a second, and not everyone who may ask does

    return jax.default_backend() != "cpu"
