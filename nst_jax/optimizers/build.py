"""Build the optimizers specified by a recipe."""

from nst_jax.optimizers.adam import Adam
from nst_jax.optimizers.base import Optimizer
from nst_jax.recipes.phases import Phase
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.term_weights import term_weights

# Adam's automatic learning rate at the first step of a phase, in units of the image's contrast (see `Adam.relative`).
AUTOMATIC_RATE = 0.12


def build_optimizer(recipe: Recipe, phase: Phase) -> Optimizer:
    """Return the optimizer of a phase.

    A phase with jitter uses Adam, whatever the recipe's optimizer is, because L-BFGS would mistake the change of the
    offset for curvature. A learning rate of 0 stands for AUTOMATIC_RATE, falling to zero over the steps of the phase.

    Args:
        recipe: the settings.
        phase: the phase; its number of steps and whether it has jitter are used.
    """
    if phase.jitter or recipe.optimizer == "adam":
        return _adam(recipe, phase.steps)
    # Imported here, because a run needs one of them, and by default none.
    if recipe.optimizer == "lbfgs":
        from nst_jax.optimizers.lbfgs import LBFGS

        return LBFGS(recipe.lbfgs_memory, recipe.spectral_exponent, recipe.opponent_colors)
    from nst_jax.optimizers.torch_lbfgs import TorchLBFGS

    return TorchLBFGS(recipe.lbfgs_memory, recipe.pixel_range, recipe.clipping)


def _adam(recipe: Recipe, steps: int) -> Adam:
    is_automatic = recipe.learning_rate == 0
    return Adam(
        AUTOMATIC_RATE * recipe.pixel_range if is_automatic else recipe.learning_rate,
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
        anneal=steps if is_automatic else 0,
        relative=is_automatic,
    )


def _floor(recipe: Recipe) -> float:
    """Return the loss below which Adam has converged: rounding errors of float32, if losses are relative errors."""
    relative = recipe.relative or recipe.style_strength is not None
    return 1e-9 * sum(term_weights(recipe)[:2]) if relative else 0.0
