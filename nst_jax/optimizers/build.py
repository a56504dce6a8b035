"""What a recipe paints with: the network and the optimizer that it asks for."""

from nst_jax.optimizers.adam import Adam
from nst_jax.optimizers.base import Optimizer
from nst_jax.optimizers.lbfgs import LBFGS
from nst_jax.optimizers.torch_lbfgs import TorchLBFGS
from nst_jax.recipes.recipe import Recipe
from nst_jax.recipes.term_weights import term_weights

# Adam's learning rate at the first step with jitter, in units of the picture's contrast.
JITTER_RATE = 0.12


def build_jitter_optimizer(recipe: Recipe, steps: int) -> Optimizer:
    """The optimizer of so many steps with jitter: L-BFGS would take the change of offset for curvature."""
    return Adam(
        JITTER_RATE,
        exponent=recipe.spectral_exponent,
        opponent=recipe.opponent_colors,
        floor=_floor(recipe),
        anneal=steps,
        relative=True,
    )


def build_optimizer(recipe: Recipe) -> Optimizer:
    """The optimizer that a recipe asks for."""
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
    """The loss below which Adam has nothing left to do: of relative errors, what is beyond float32."""
    relative = recipe.relative or recipe.style_strength is not None
    return 1e-9 * sum(term_weights(recipe)[:2]) if relative else 0.0
