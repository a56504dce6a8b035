"""Perceptual losses as pure functions of arrays."""
