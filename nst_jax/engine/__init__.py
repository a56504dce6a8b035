"""Runs a stylization: scale by scale, chunk by chunk, all images of a batch side by side."""
