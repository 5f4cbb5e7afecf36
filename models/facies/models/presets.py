"""Which model a collection starts with, by what it holds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facies.core.errors import ConfigurationError
from facies.models.card_recipes import DEFAULT, UPRIGHT, find_recipe
from facies.models.registry import get_card
from facies.models.weights import find_weights_at_hand, remedy

if TYPE_CHECKING:
    from facies.core.settings import ModelSettings
    from facies.models.card_recipes import CardRecipe


@dataclass(frozen=True, slots=True)
class Preset:
    """A kind of collection: what it is for, the cards that suit it, best first, and the recipe (docs/quality.md)."""

    name: str
    title: str
    cards: tuple[str, ...]
    recipe: str


PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset("microfossils", "Palynomorphs and other microfossils", ("scampi-vits16", "efficientnet-lite0"), DEFAULT),
        Preset("figures", "Charts, logs, maps and other figures", ("efficientnet-b0", "efficientnet-lite0"), UPRIGHT),
        Preset("scenes", "Outcrops, cores and thin sections", ("dinov2-vits14", "efficientnet-lite0"), UPRIGHT),
        Preset("generic", "Anything else", ("dinov2-vits14", "efficientnet-lite0"), UPRIGHT),
    )
}
"""Every preset by name. Each list ends with a card whose weights come with the installation."""


def get_preset(name: str) -> Preset:
    """Look a preset up.

    Raises:
        ConfigurationError: no such preset.
    """
    try:
        return PRESETS[name]
    except KeyError:
        raise ConfigurationError(f"no preset {name!r}, expected one of {', '.join(PRESETS)}") from None


def choose_card(preset: str, *, settings: ModelSettings, weights_dir: Path) -> tuple[str, list[str]]:
    """Choose the best card of a preset whose weights are on this machine. Never connects.

    Args:
        preset: name of a preset.
        settings: only whether downloads are allowed, for the advice in the notes.
        weights_dir: folder of checkpoints.

    Returns:
        the card's name, and a note for each better card that was passed over, to be shown to the person. Where no
        card's weights are here, the last one is returned, and loading it says what to do.

    Raises:
        ConfigurationError: no such preset.
    """
    candidates = get_preset(preset).cards
    passed: list[str] = []
    for name in candidates:
        if find_weights_at_hand(get_card(name), weights_dir) is not None:
            break
        passed.append(name)
    notes = [_note(preset, better, name, settings, weights_dir) for better in passed if better != name]
    return name, notes


def choose_recipe(preset: str, card: str, wanted: str | None = None) -> CardRecipe:
    """The recipe of a new collection: the one wanted, by name or as text, else the preset's.

    Raises:
        ConfigurationError: no such preset.
        RecipeError: the card has no such recipe.
    """
    return find_recipe(get_card(card), wanted or get_preset(preset).recipe)


def _note(preset: str, better: str, chosen: str, settings: ModelSettings, weights_dir: Path) -> str:
    advice = remedy(get_card(better), weights_dir, offline=settings.offline, fallback=False)
    return f"preset {preset} prefers {better}, whose weights are not on this machine; {chosen} is used. {advice}"
