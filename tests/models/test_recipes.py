"""Recipes as text and as data."""

from __future__ import annotations

import pytest

from facies.core.errors import RecipeError
from facies.models.card_recipes import recipes_of
from facies.models.preprocess import View, central_view
from facies.models.recipes import PLAIN, Layer, Recipe, parse_recipe, recipe_of_fingerprint
from facies.models.registry import CARDS, get_card

CARD = get_card("efficientnet-lite0")


@pytest.mark.parametrize(
    "recipe",
    [
        PLAIN,
        Recipe(turned=True),
        Recipe(cornered=True, sizes=(160, 224), layers=(Layer("blocks.3", ("mean", "std"), 0.25), Layer())),
        Recipe(turned=True, layers=(Layer("70%", ("class", "gem")),)),
    ],
)
def test_text_and_data_are_the_same(recipe: Recipe) -> None:
    assert parse_recipe(recipe.text) == recipe


def test_text_reads_as_it_is_written() -> None:
    text = "8 views; at 160 224 px; blocks.3 mean+std; output x0.5"
    assert parse_recipe(text).text == text
    assert parse_recipe("output") == PLAIN
    assert parse_recipe(" 1 view ;output") == PLAIN


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("8 views", "no layer"),
        ("", "no part of a recipe"),
        ("7 views; output", "'views' is no pooling"),
        ("output mean", "the output none"),
        ("blocks.3", "needs a pooling"),
        ("blocks.3 median", "'median' is no pooling; there are mean"),
        ("blocks.3 mean x0", "above 0"),
        ("at 224 224 px; output", "different ones"),
        ("at 8 px; output", "from 16"),
        ("at 160, 224 px; output", "no part of a recipe"),
    ],
)
def test_what_makes_no_recipe_is_told(text: str, said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        parse_recipe(text)


def test_the_plain_recipe_looks_once_at_the_centre() -> None:
    assert PLAIN.views(CARD) == {224: (central_view(CARD),)}
    assert PLAIN.passes(CARD) == 1


def test_views_of_several_sizes_turned_and_cut() -> None:
    views = Recipe(turned=True, cornered=True, sizes=(224, 448)).views(CARD)
    assert list(views) == [224, 448]
    assert len(views[224]) == len(set(views[224])) == 40
    assert views[448][0] == View(512, 448)
    assert Recipe(turned=True, sizes=(224, 448)).passes(CARD) == 8 + 4 * 8


def test_layers_are_found_by_name_and_by_depth() -> None:
    maps = ("layer1", "layer2", "layer3")
    assert Layer().find_map(maps) is None
    assert Layer("layer3", ("mean",)).find_map(maps) == Layer("100%", ("mean",)).find_map(maps) == "layer3"
    for place in ("blocks.3", "101%"):
        with pytest.raises(RecipeError, match="layer1, layer2, layer3"):
            Layer(place, ("mean",)).find_map(maps)


@pytest.mark.parametrize("name", CARDS)
def test_every_recipe_of_a_card_is_read_back_from_its_fingerprint(name: str) -> None:
    card = get_card(name)
    for known in recipes_of(card).values():
        for suffix in ("", ", int8 as somebody quantized it"):
            assert recipe_of_fingerprint(card, known.recipe.text_for(card) + suffix) == known.recipe
