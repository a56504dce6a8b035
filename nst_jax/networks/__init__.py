"""VGG-19 as a Flax module, and the memory that it needs."""
