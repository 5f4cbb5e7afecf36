"""Each preset takes its best card whose weights are here, and says which better ones it passed over."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from facies.core.errors import ConfigurationError
from facies.core.settings import ModelSettings
from facies.core.wire import CollectionBody
from facies.models.presets import PRESETS, choose_card, get_preset
from facies.models.registry import CARDS


def test_presets_are_those_of_the_wire() -> None:
    assert set(get_args(CollectionBody.model_fields["preset"].annotation)) == set(PRESETS)


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_works_without_a_download(preset: str, tmp_path: Path, offline: ModelSettings) -> None:
    assert set(PRESETS[preset].cards) <= set(CARDS)
    card, notes = choose_card(preset, settings=offline, weights_dir=tmp_path)
    assert card == "efficientnet-lite0"
    assert len(notes) == len(PRESETS[preset].cards) - 1


def test_passed_over_cards_are_said_aloud(tmp_path: Path) -> None:
    _, notes = choose_card("microfossils", settings=ModelSettings(), weights_dir=tmp_path)
    assert len(notes) == 1
    for part in ("scampi-vits16", "efficientnet-lite0 is used", "facies models fetch scampi-vits16", str(tmp_path)):
        assert part in notes[0]


def test_best_card_is_taken_where_its_weights_are_here(tmp_path: Path, offline: ModelSettings) -> None:
    (tmp_path / "vit_small_backbone.pth").write_bytes(b"x")
    assert choose_card("microfossils", settings=offline, weights_dir=tmp_path) == ("scampi-vits16", [])


def test_unknown_preset_is_refused(tmp_path: Path, offline: ModelSettings) -> None:
    with pytest.raises(ConfigurationError, match="expected one of microfossils, figures"):
        choose_card("pollen", settings=offline, weights_dir=tmp_path)
    assert get_preset("figures").cards[-1] == "efficientnet-lite0"
