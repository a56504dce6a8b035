"""The engine: runs a batch of images through all scales, in chunks of steps."""
