"""The style term of the default recipe for the training of the fast network: relative errors of Gram matrices."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from nst_jax.losses.content import Scalar
from nst_jax.losses.gram import Gram, gram_matrix, gram_style_loss
from nst_jax.losses.huber import huber
from nst_jax.losses.statistics import zero_feature_loss
from nst_jax.recipes.recipe import Recipe

# The loss of the default recipe of the time when the fast network was trained.
RECIPE = Recipe(style_statistic="gram", content_weight=3.0, recolor_content=False)
LAYERS = RECIPE.style_layers
# The least unit of a relative error, which counts for black styles.
LEAST_UNIT = 1e-4
# Threshold of Huber's loss over the recipe's. With the recipe's, styles that are still far off had too small gradients.
HUBER_FACTOR = 10.0


def grams_of(activations: dict[str, Float[Array, "_ _ _"]]) -> dict[str, Gram]:
    """Compute the Gram matrix of each style layer."""
    return {name: gram_matrix(activations[name]) for name in LAYERS}


def style_terms(activations: dict[str, Float[Array, "_ _ _"]], grams: dict[str, Gram]) -> dict[str, Scalar]:
    """Compute the relative error of the Gram matrix at each layer."""
    return {
        name: gram_style_loss(gram_matrix(activations[name]), grams[name])
        / jnp.maximum(zero_feature_loss(grams[name]), LEAST_UNIT)
        for name in LAYERS
    }


def shares() -> dict[str, float]:
    """Return the weight of each style layer, normalized to a sum of 1."""
    weights = dict(zip(LAYERS, RECIPE.weights_of_style_layers, strict=True))
    return {name: weight / sum(weights.values()) for name, weight in weights.items()}


def average(terms: dict[str, Scalar]) -> Scalar:
    """Return the weighted mean of the layers' relative errors."""
    return sum((share * terms[name] for name, share in shares().items()), jnp.zeros(()))


def robust(terms: dict[str, Scalar]) -> Scalar:
    """Return the weighted style term with Huber's loss of each layer, as `coefficients.make_coefficients` does."""
    total = jnp.zeros(())
    for name, share in shares().items():
        weight = RECIPE.style_weight * share
        threshold = HUBER_FACTOR * RECIPE.style_huber * max(RECIPE.content_weight / len(LAYERS), weight / 30)
        total += huber(weight * terms[name], jnp.asarray(1 / threshold))
    return total
