"""Settings of a run as validated plain data; no module of this package imports numpy or jax."""
