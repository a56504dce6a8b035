"""Recipes by name and quality."""

import pytest

from nst_jax.errors import InputError
from nst_jax.recipes.published import QUALITIES, RECIPES, get_recipe
from nst_jax.recipes.recipe import Recipe


def test_only_the_default_recipe_has_qualities():
    assert get_recipe("default", "normal") == Recipe()
    recipes = [get_recipe("default", quality) for quality in QUALITIES]
    work = [sum(each.steps_at([(128, 128), (256, 256), (512, 512)])) * each.supersampling_factor**2 for each in recipes]
    assert work == sorted(set(work))
    assert work[-1] <= 4 * work[1]
    for name in RECIPES:
        assert get_recipe(name, "normal") == RECIPES[name].recipe
        if name != "default":
            with pytest.raises(InputError, match=f"The recipe {name} has a quality of its own"):
                get_recipe(name, "best")
    with pytest.raises(InputError, match="no quality 'good'; there are draft, normal, best"):
        get_recipe("default", "good")  # type: ignore[arg-type]


def test_published_methods_have_no_settings_of_ours():
    for name, (recipe, _) in RECIPES.items():
        if name != "default":
            assert (recipe.jitter, recipe.start_colors, recipe.opponent_colors) == (0.0, "content", False)
            assert (recipe.style_huber, recipe.spectral_exponent, recipe.relative) == (0.0, 0.0, False)


def test_an_unknown_name_is_refused():
    with pytest.raises(InputError, match="no recipe 'gattys'; there are default, gatys"):
        get_recipe("gattys")
