"""Optimizers of images: one evaluation of loss and gradient per step."""
