"""Model cards as the command line and the HTTP service show them."""

from __future__ import annotations

from pathlib import Path

from facies.core.wire import ModelOut
from facies.models.cards import ModelCard
from facies.models.registry import CARDS
from facies.models.weights import describe_source, find_weights_at_hand


def describe_model(card: ModelCard, weights_dir: Path) -> ModelOut:
    """Describe a card, and whether its weights are on this machine. Never connects; never imports torch."""
    return ModelOut(
        name=card.name,
        title=card.title,
        publication=str(card.publication),
        licence=card.licence,
        input_px=card.input_px,
        dim=card.dim,
        available=find_weights_at_hand(card, weights_dir) is not None,
        sources=[describe_source(source) for source in card.sources],
        notes=card.notes,
    )


def list_models(weights_dir: Path) -> list[ModelOut]:
    """Describe every card of the table, in its order."""
    return [describe_model(card, weights_dir) for card in CARDS.values()]
