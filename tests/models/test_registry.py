"""Cards by name, and what looking them up must not load."""

from __future__ import annotations

import subprocess
import sys

import pytest

from facies.core.errors import UnknownModelError
from facies.models.published_cards import PUBLISHED_CARDS
from facies.models.registry import CARDS, get_card


def test_every_card_is_found_by_its_name() -> None:
    assert list(CARDS.values()) == list(PUBLISHED_CARDS)
    assert len(CARDS) == len(PUBLISHED_CARDS)
    for card in PUBLISHED_CARDS:
        assert get_card(card.name) is card


def test_unknown_name_offers_the_nearest() -> None:
    with pytest.raises(UnknownModelError, match="scampi-vits16"):
        get_card("scampi-vit16")


def test_table_presets_and_commands_load_no_torch() -> None:
    code = (
        "import sys; import facies.models.cli, facies.models.registry, facies.models.presets, facies.models.knn, "
        "facies.models.weights, facies.models.listing, facies.models.embedder; "
        "print([m for m in ('torch', 'timm', 'huggingface_hub', 'safetensors') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_command_module_loads_only_what_lists_need() -> None:
    code = (
        "import sys; import facies.models.cli; "
        "print([m for m in sys.modules if m.startswith('facies.models.') and m != 'facies.models.cli'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
