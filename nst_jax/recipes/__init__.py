"""Settings of a run, checked and plain: no module here imports numpy or jax."""
