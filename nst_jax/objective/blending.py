"""Mixing weights for several styles in one image."""

from nst_jax.errors import InputError
from nst_jax.recipes.recipe import Recipe


def mixture_weights(recipe: Recipe, count: int) -> dict[str, tuple[float, ...]]:
    """Compute the weight of each style at each style layer.

    Args:
        recipe: the settings, with the blend and the groups of layers.
        count: the number of styles.

    Returns:
        {layer: one weight for each style}; the weights of a layer sum to 1.

    Raises:
        InputError: if the recipe's blend or groups do not match the number of styles, or no style is given for a layer.
    """
    blend = recipe.style_blend or (1.0,) * count
    if len(blend) != count:
        raise InputError(
            f"There are {count} styles but {len(blend)} weights in --style-blend; give one for each style."
        )
    groups = [group.split(",") for group in recipe.style_groups] or [list(recipe.style_layers)] * count
    if len(groups) != count:
        raise InputError(f"There are {count} styles but {len(groups)} groups of layers; give one for each style.")
    mixture = {}
    for layer in recipe.style_layers:
        parts = [weight * (layer in group) for weight, group in zip(blend, groups, strict=True)]
        if not sum(parts):
            raise InputError(f"No style is given for the layer {layer}; name it in one of --style-groups.")
        mixture[layer] = tuple(part / sum(parts) for part in parts)
    return mixture
