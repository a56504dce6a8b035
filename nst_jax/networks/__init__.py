"""VGG-19 as a Flax module, its convolutions, and its memory requirement."""
