"""The recipes that cards have."""

from __future__ import annotations

import pytest

from facies.core.errors import RecipeError
from facies.models.card_recipes import find_recipe, recipes_of
from facies.models.recipes import PLAIN
from facies.models.registry import CARDS, get_card


@pytest.mark.parametrize("name", CARDS)
def test_every_card_has_recipes_of_rising_cost(name: str) -> None:
    card = get_card(name)
    recipes = recipes_of(card)
    assert list(recipes) == ["fast", "upright", "default", "best"]
    costs = [known.recipe.passes(card) for known in recipes.values()]
    assert costs == sorted(costs)
    assert recipes["fast"].recipe is PLAIN
    for known in recipes.values():
        assert all(px % 32 == 0 for px in known.recipe.sizes)


def test_a_recipe_is_found_by_name_or_written_out() -> None:
    card = get_card("efficientnet-lite0")
    assert find_recipe(card, "default") == recipes_of(card)["default"]
    own = find_recipe(card, "8 views; output")
    assert own.name == "8 views; output"
    assert own.whitened
    assert find_recipe(card, "output").recipe == PLAIN
    with pytest.raises(RecipeError, match="fast, upright, default, best"):
        find_recipe(card, "bestest")


def test_transformers_keep_the_size_of_their_places() -> None:
    assert recipes_of(get_card("scampi-vits16"))["best"].recipe.sizes == ()
    assert recipes_of(get_card("efficientnet-lite0"))["best"].recipe.sizes == (160, 224, 320)
