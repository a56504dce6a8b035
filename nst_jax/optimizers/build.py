"""Build the optimizers specified by a recipe."""

from nst_jax.optimizers.adam import Adam
from nst_jax.optimizers.base import Optimizer
from nst_jax.optimizers.lbfgs import LBFGS
from nst_jax.optimizers.torch_lbfgs import TorchLBFGS
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.term_weights import term_weights

# Adam's learning rate at the first step with jitter, in units of the image's contrast (see `Adam.relative`).
JITTER_RATE = 0.12


def build_jitter_optimizer(recipe: Recipe, steps: int) -> Optimizer:
    """Build the optimizer of a phase with jitter.

    It is always Adam, because L-BFGS would mistake the change of the offset for curvature.

    Args:
        recipe: the settings.
        steps: the number of steps of the phase, over which the learning rate falls to zero.
    """
    return Adam(
        JITTER_RATE,
        exponent=recipe.spectral_exponent,
        opponent=recipe.opponent_colors,
        floor=_floor(recipe),
        anneal=steps,
        relative=True,
    )


def build_optimizer(recipe: Recipe) -> Optimizer:
    """Build the optimizer of the phases without jitter."""
    if recipe.optimizer == "lbfgs":
        return LBFGS(recipe.lbfgs_memory, recipe.spectral_exponent, recipe.opponent_colors)
    if recipe.optimizer == "lbfgs-fixed":
        return TorchLBFGS(recipe.lbfgs_memory, recipe.pixel_range, recipe.clipping)
    return Adam(
        recipe.learning_rate,
        recipe.adam_beta1,
        recipe.adam_beta2,
        recipe.adam_epsilon,
        recipe.adam_epsilon_hat,
        recipe.pixel_range,
        recipe.clipping,
        recipe.average,
        recipe.carry_moments,
        recipe.spectral_exponent,
        recipe.opponent_colors,
        _floor(recipe),
    )


def _floor(recipe: Recipe) -> float:
    """Return the loss below which Adam has converged: rounding errors of float32, if losses are relative errors."""
    relative = recipe.relative or recipe.style_strength is not None
    return 1e-9 * sum(term_weights(recipe)[:2]) if relative else 0.0
