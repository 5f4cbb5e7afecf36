"""What follows from a card's own fields."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, replace

import pytest

from facies.models.cards import Url
from facies.models.registry import CARDS, get_card

CARD = CARDS["scampi-vits16"]


def test_preprocessing_line_of_the_scampi_protocol() -> None:
    assert CARD.preprocessing == (
        "squash 256 bicubic antialias uint8 torch, crop 224, mean 0.485 0.456 0.406, std 0.229 0.224 0.225"
    )
    assert CARD.recipe == "final layer, class token, one view"


@pytest.mark.parametrize(
    "change",
    [
        {"resize_px": 232},
        {"input_px": 160},
        {"mean": (0.5, 0.5, 0.5)},
        {"std": (0.5, 0.5, 0.5)},
        {"interpolation": "bilinear"},
    ],
)
def test_whatever_changes_the_values_changes_the_line(change: dict[str, object]) -> None:
    assert replace(CARD, **change).preprocessing != CARD.preprocessing  # type: ignore[arg-type]  # one field at a time


def test_drafts_and_the_gpu_change_the_line_too() -> None:
    lines = {
        CARD.preprocessing_with(draft_px=draft_px, on_gpu=on_gpu)
        for draft_px in (None, 512)
        for on_gpu in (False, True)
    }
    assert len(lines) == 4
    assert CARD.preprocessing_with(draft_px=None) == CARD.preprocessing
    assert CARD.preprocessing_with(draft_px=512) == f"JPEG by scaled DCT to no less than 512, {CARD.preprocessing}"


def test_cards_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        CARD.dim = 5  # type: ignore[misc]  # the point of the test
    assert all(
        isinstance(getattr(CARD, field.name), str | int | tuple | type(CARD.publication)) for field in fields(CARD)
    )


def test_file_name_of_a_timm_card_is_a_file_name() -> None:
    assert get_card("timm:resnet18").file_stem == "timm-resnet18.a1_in1k"


def test_file_of_an_address() -> None:
    assert Url("https://example.org/a/b.pth").file == "b.pth"
