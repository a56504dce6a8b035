"""Several styles in one painting: what part each has in each layer, and their statistics mixed."""

from nst_jax.errors import InputError
from nst_jax.recipes.recipe import Recipe


def mixture_weights(recipe: Recipe, count: int) -> dict[str, tuple[float, ...]]:
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
