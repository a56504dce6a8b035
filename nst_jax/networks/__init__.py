"""VGG-19 as a pytree and as a Flax module, its convolutions, and its memory requirement."""
