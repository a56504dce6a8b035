"""Recipes survive being written as JSON, as the provenance in every result does, and being read again."""

import dataclasses
import json

import pytest
from hypothesis import given

from nst_jax.recipes.published import RECIPES
from nst_jax.recipes.recipe import Recipe
from tests.recipes.drawn_recipes import recipes


def read_again(recipe: Recipe) -> Recipe:
    """Write a recipe as JSON and make it anew; JSON has lists in the place of tuples."""
    settings = json.loads(json.dumps(dataclasses.asdict(recipe)))
    return Recipe(**settings)


@given(recipes())
def test_any_recipe_survives_json(recipe):
    assert read_again(recipe) == recipe
    assert hash(read_again(recipe)) == hash(recipe)


@pytest.mark.parametrize("name", RECIPES)
def test_a_published_recipe_survives_json(name):
    assert read_again(RECIPES[name].recipe) == RECIPES[name].recipe
