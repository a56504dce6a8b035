"""Several styles in one painting: what part each has in each layer, and their statistics mixed."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from nst_jax.errors import InputError
from nst_jax.losses import Moments
from nst_jax.recipe import Recipe
from nst_jax.wasserstein import Gaussian

Statistics = Float[Array, "_ _"] | Moments | Gaussian
Shares = Float[Array, " styles"]


def shares(recipe: Recipe, count: int) -> dict[str, tuple[float, ...]]:
    """The part of each of so many styles in each layer; they add up to 1.

    Raises:
        InputError: when the recipe's blend or groups do not go with so many styles, or a layer is left without one.
    """
    blend = recipe.style_blend or (1.0,) * count
    if len(blend) != count:
        raise InputError(
            f"There are {count} styles but {len(blend)} weights in --style-blend; give one for each style."
        )
    groups = [group.split(",") for group in recipe.style_groups] or [list(recipe.style_layers)] * count
    if len(groups) != count:
        raise InputError(f"There are {count} styles but {len(groups)} groups of layers; give one for each style.")
    found = {}
    for layer in recipe.style_layers:
        parts = [weight * (layer in group) for weight, group in zip(blend, groups, strict=True)]
        if not sum(parts):
            raise InputError(f"No style is given for the layer {layer}; name it in one of --style-groups.")
        found[layer] = tuple(part / sum(parts) for part in parts)
    return found


def blended(statistics: Sequence[Statistics], parts: Shares) -> Statistics:
    """The weighted mean of Gram matrices, or of moments; of distributions, that of their mixture.

    Args:
        statistics: of one layer, of each style.
        parts: of each style, adding up to 1.
    """
    if len(statistics) == 1:
        return statistics[0]

    def mean(*leaves: Array) -> Array:
        return jnp.tensordot(parts, jnp.stack(leaves), 1)

    if not isinstance(statistics[0], Gaussian):
        return jax.tree.map(mean, *statistics)
    # Second moments can be averaged, covariances about different means cannot.
    moments = [
        Gaussian(each.mean, each.covariance + jnp.outer(each.mean, each.mean))
        for each in statistics
        if isinstance(each, Gaussian)
    ]
    mixed: Gaussian = jax.tree.map(mean, *moments)
    return Gaussian(mixed.mean, mixed.covariance - jnp.outer(mixed.mean, mixed.mean))
