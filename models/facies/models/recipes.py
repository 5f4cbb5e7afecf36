"""Recipes: which views of an image, and which parts of a network's outputs, make up its vector.

A recipe is one line of text and the same as data. The text is what collections keep in their fingerprints, so whoever
opens one later makes its vectors in the same way, and what a person writes on the command line to try another one::

    8 views; at 160 224 320 px; blocks.3 mean+std; blocks.4 mean+std; output

- ``1 view`` looks at the image once, ``8 views`` also turned by right angles and mirrored. Vectors are averaged.
- ``5 crops`` cuts out the corners as well as the centre.
- ``at 160 224 320 px`` looks at it in several sizes; without it, in the card's own.
- every other part is a layer: ``output`` for what the network gives itself, else an intermediate map (its name as
  `facies models show` lists it, or how deep it lies, ``50%``) and how it is pooled. ``x0.5`` weighs a layer.

Each layer is averaged over the views, brought to unit length and weighed; one after the other they are the vector.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast, get_args

from facies.core.errors import RecipeError
from facies.models.cards import ModelCard
from facies.models.preprocess import View, dihedral_views
from facies.models.runtimes.base import find_map

Pool: TypeAlias = Literal["mean", "std", "gem", "class"]
"""How a map becomes one row: mean, standard deviation or generalised mean (exponent 3) over its places, which in a
transformer are its patch tokens; or a transformer's class token."""

OUTPUT = "output"
_EDGES = (0.0, 1.0)
_PARTS = re.compile(r"\s*;\s*")
_VIEWS = re.compile(r"(1 view|8 views)")
_CROPS = re.compile(r"(1 crop|5 crops)")
_SIZES = re.compile(r"at ((?:\d+ )+)px")
_LAYER = re.compile(r"(?P<place>\S+)(?: (?P<pools>[a-z]+(?:\+[a-z]+)*))?(?: x(?P<weight>\d+(?:\.\d+)?))?")
_MAX_SIDE = 2048


@dataclass(frozen=True, slots=True)
class Layer:
    """One part of a vector.

    Attributes:
        place: ``output``, the name of an intermediate map, or its depth among the network's maps: ``0%`` is the first,
            ``100%`` the last.
        pools: how a map becomes a row, one after the other; none for the network's output.
        weight: of this part beside the others, above 0.
    """

    place: str = OUTPUT
    pools: tuple[Pool, ...] = ()
    weight: float = 1.0

    @property
    def text(self) -> str:
        """As a recipe has it."""
        pools = f" {'+'.join(self.pools)}" if self.pools else ""
        return f"{self.place}{pools}{'' if self.weight == 1 else f' x{self.weight:g}'}"

    def find_map(self, maps: Sequence[str]) -> str | None:
        """The map that this layer takes, of all that a network has from input to output; None for its output.

        Raises:
            RecipeError: it has no such map.
        """
        if self.place == OUTPUT:
            return None
        name = find_map(self.place, maps)
        if name is None:
            raise RecipeError(self.text, f"the network has no map {self.place!r}; it has {', '.join(maps) or 'none'}")
        return name


@dataclass(frozen=True, slots=True)
class Recipe:
    """Views and layers.

    Attributes:
        turned: whether the image is looked at in its eight turned and mirrored forms.
        cornered: whether the corners are cut out as well as the centre.
        sizes: sides in pixels of the square that the network sees; none means the card's own.
        layers: at least one.
    """

    turned: bool = False
    cornered: bool = False
    sizes: tuple[int, ...] = ()
    layers: tuple[Layer, ...] = (Layer(),)

    @property
    def text(self) -> str:
        """One line that `parse_recipe` reads."""
        views = ["8 views" if self.turned else "1 view"]
        crops = ["5 crops"] if self.cornered else []
        sizes = [f"at {' '.join(map(str, self.sizes))} px"] if self.sizes else []
        return "; ".join([*views, *crops, *sizes, *(layer.text for layer in self.layers)])

    @property
    def places(self) -> tuple[str, ...]:
        """The maps that its layers want of a network, by name or depth."""
        return tuple(layer.place for layer in self.layers if layer.place != OUTPUT)

    @property
    def is_plain(self) -> bool:
        """Whether it is what a network gives for the centre of the image, and nothing else."""
        return self == Recipe()

    def text_for(self, card: ModelCard) -> str:
        """What fingerprints say; the plain recipe has kept its words since the first release."""
        return card.recipe if self.is_plain else self.text

    def views(self, card: ModelCard) -> dict[int, tuple[View, ...]]:
        """The views at each size, in the order of the sizes."""
        return {px: tuple(self._views_at(px, card)) for px in self.sizes or (card.input_px,)}

    def passes(self, card: ModelCard) -> float:
        """What an image costs: forward passes, counted in passes at the card's own size."""
        views = self.views(card)
        return sum(len(ones) * (px / card.input_px) ** 2 for px, ones in views.items())

    def _views_at(self, px: int, card: ModelCard) -> Iterator[View]:
        resize_px = round(px * card.resize_px / card.input_px)
        corners = [(across, down) for across in _EDGES for down in _EDGES] if self.cornered else []
        for across, down in [(0.5, 0.5), *corners]:
            view = View(resize_px, px, across, down)
            yield from dihedral_views(view) if self.turned else (view,)


PLAIN = Recipe()


def parse_recipe(text: str) -> Recipe:
    """Read the text of a recipe.

    Raises:
        RecipeError: a part of it is nothing that a recipe may have.

    Example:
        >>> parse_recipe("8 views; blocks.4 mean+std; output x0.5").layers[1].weight
        0.5
    """
    turned = cornered = False
    sizes: tuple[int, ...] = ()
    layers: list[Layer] = []
    for part in _PARTS.split(text.strip()):
        if _VIEWS.fullmatch(part):
            turned = part == "8 views"
        elif _CROPS.fullmatch(part):
            cornered = part == "5 crops"
        elif found := _SIZES.fullmatch(part):
            sizes = _read_sizes(text, found[1])
        else:
            layers.append(_read_layer(text, part))
    if not layers:
        raise RecipeError(text, f"it names no layer; expected at least one, such as {OUTPUT!r}")
    return Recipe(turned, cornered, sizes, tuple(layers))


def recipe_of_fingerprint(card: ModelCard, text: str) -> Recipe:
    """Read the recipe in a fingerprint, which may go on after a comma with how the network was quantized.

    Raises:
        RecipeError: a later release wrote it.
    """
    if text.startswith(card.recipe):
        return PLAIN
    return parse_recipe(text.split(",", maxsplit=1)[0])


def _read_sizes(text: str, numbers: str) -> tuple[int, ...]:
    sizes = tuple(int(number) for number in numbers.split())
    if len(set(sizes)) != len(sizes) or not all(16 <= size <= _MAX_SIDE for size in sizes):
        raise RecipeError(text, f"sizes {numbers.strip()}: expected different ones from 16 to {_MAX_SIDE} px")
    return sizes


def _read_layer(text: str, part: str) -> Layer:
    found = _LAYER.fullmatch(part)
    if found is None:
        raise RecipeError(
            text, f"{part!r} is no part of a recipe; expected such as '8 views', 'at 160 224 px' or 'blocks.4 mean+std'"
        )
    pools = tuple((found["pools"] or "").split("+")) if found["pools"] else ()
    unknown = [pool for pool in pools if pool not in get_args(Pool)]
    if unknown:
        raise RecipeError(text, f"{part!r}: {unknown[0]!r} is no pooling; there are {', '.join(get_args(Pool))}")
    if (found["place"] == OUTPUT) != (not pools):
        raise RecipeError(text, f"{part!r}: an intermediate map needs a pooling, such as mean+std, and the output none")
    weight = float(found["weight"] or 1)
    if not weight > 0:
        raise RecipeError(text, f"{part!r}: a weight is above 0")
    return Layer(found["place"], cast("tuple[Pool, ...]", pools), weight)
