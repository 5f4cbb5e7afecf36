"""The recipes of each card, as data, chosen by evidence (docs/quality.md) where weights were at hand to measure.

``fast`` is what the network gives for one look at the image. ``upright`` adds intermediate layers, for pictures that
have an up and a down. ``default`` also turns and mirrors, for specimens that lie as they fell. ``best`` does so in
several sizes, at any cost.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from facies.core.errors import RecipeError
from facies.models.recipes import PLAIN, Recipe, parse_recipe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facies.models.cards import ModelCard

FAST: Final = "fast"
UPRIGHT: Final = "upright"
DEFAULT: Final = "default"
BEST: Final = "best"


@dataclass(frozen=True, slots=True)
class CardRecipe:
    """A recipe of a card.

    Attributes:
        name: how commands call it.
        recipe: views and layers.
        whitened: whether its vectors are meant to be whitened, which evaluation does by itself and collections do by
            ``facies collections whiten``.
    """

    name: str
    recipe: Recipe
    whitened: bool


_EFFICIENTNET = "blocks.3 mean+std; blocks.4 mean+std; output"
_RESNET = "layer2 mean+std; layer3 mean+std; output"
_TRANSFORMER = "75% class+mean; output"
_ANY = "50% mean+std; 70% mean+std; output"
_LAYERS: Mapping[str, str] = MappingProxyType(
    {"efficientnet": _EFFICIENTNET, "tf_efficientnet": _EFFICIENTNET, "resnet": _RESNET, "vit": _TRANSFORMER}
)
"""By the beginning of timm's name of the network; of these only the EfficientNets were measured."""
_SIZE_RATIOS = (0.7, 1.0, 1.4)
_STEP_PX = 32


def recipes_of(card: ModelCard) -> dict[str, CardRecipe]:
    """The recipes of a card by name, cheapest first."""
    family = next((layers for start, layers in _LAYERS.items() if card.architecture.startswith(start)), _ANY)
    recipes = (
        CardRecipe(FAST, PLAIN, whitened=False),
        CardRecipe(UPRIGHT, parse_recipe(f"1 view; {family}"), whitened=False),
        CardRecipe(DEFAULT, parse_recipe(f"8 views; {family}"), whitened=True),
        CardRecipe(BEST, parse_recipe(f"8 views; {_sizes(card)}{family}"), whitened=True),
    )
    return {recipe.name: recipe for recipe in recipes}


def find_recipe(card: ModelCard, wanted: str) -> CardRecipe:
    """A recipe by its name on the card, or as text of its own.

    Raises:
        RecipeError: neither.
    """
    there = recipes_of(card)
    if wanted in there:
        return there[wanted]
    if " " not in wanted and ";" not in wanted and wanted != "output":
        raise RecipeError(wanted, f"card {card.name} has the recipes {', '.join(there)}, and it is no recipe by itself")
    recipe = parse_recipe(wanted)
    return CardRecipe(recipe.text, recipe, whitened=recipe.turned)


def _sizes(card: ModelCard) -> str:
    """The sizes of the best recipe; a transformer's place codes are made for one."""
    if card.architecture.startswith("vit"):
        return ""
    sides = {max(_STEP_PX, round(card.input_px * ratio / _STEP_PX) * _STEP_PX) for ratio in _SIZE_RATIOS}
    return f"at {' '.join(map(str, sorted(sides)))} px; "
