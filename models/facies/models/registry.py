"""Looks model cards up by name. ``timm:<name>`` reaches every network of timm beside those of the table."""

from __future__ import annotations

from facies.core.errors import UnknownModelError
from facies.models.cards import ModelCard
from facies.models.published_cards import PUBLISHED_CARDS

TIMM_PREFIX = "timm:"

CARDS: dict[str, ModelCard] = {card.name: card for card in PUBLISHED_CARDS}
"""Every card by name, in the order of `facies models list`."""


def get_card(name: str) -> ModelCard:
    """Look a card up by name; ``timm:<name>`` makes one from timm's own description of the network.

    Raises:
        UnknownModelError: neither the table nor timm knows the name.
    """
    if name.startswith(TIMM_PREFIX):
        from facies.models.timm_cards import make_timm_card

        return make_timm_card(name)
    try:
        return CARDS[name]
    except KeyError:
        raise UnknownModelError(name, CARDS) from None
