"""Perceptual losses as pure functions of arrays, for one image each: batches are made with `jax.vmap`.

Shapes are checked while a function is traced, and a wrong one raises a ValueError. Whether values are what they should
be, such as a Gram matrix of another normalization than the target's or a guide whose mean is not 1, cannot be checked.
Gradients are those of reverse mode (`jax.grad`, `jax.vjp`); Gram matrices and matrix roots have rules of their own
(`jax.custom_vjp`), so that forward mode (`jax.jvp`, `jax.jacfwd`) fails.
"""

from nst_jax.losses.content import content_loss
from nst_jax.losses.gram import gram_matrix, gram_style_loss
from nst_jax.losses.huber import huber
from nst_jax.losses.moments import Moments, moments, moments_style_loss
from nst_jax.losses.statistics import mix_statistics, style_loss, style_statistics
from nst_jax.losses.total_variation import total_variation
from nst_jax.losses.wasserstein import Gaussian, GaussianTarget, gaussian, gaussian_target, wasserstein_loss

__all__ = [
    "Gaussian",
    "GaussianTarget",
    "Moments",
    "content_loss",
    "gaussian",
    "gaussian_target",
    "gram_matrix",
    "gram_style_loss",
    "huber",
    "mix_statistics",
    "moments",
    "moments_style_loss",
    "style_loss",
    "style_statistics",
    "total_variation",
    "wasserstein_loss",
]
