"""The table of cards against timm itself: every network builds, and gives vectors of the length that the card says."""

from __future__ import annotations

import pytest

from facies.models.cards import HubFile, LocalFile, PackagedWheel, Url
from facies.models.networks import build_network, measure_dim
from facies.models.registry import CARDS

EXPECTED = {
    "scampi-vits16": 384,
    "scampi-vitb16": 768,
    "dino-vits16": 384,
    "dino-vits8": 384,
    "dino-vitb16": 768,
    "dino-vitb8": 768,
    "efficientnet-b0": 1280,
    "efficientnet-b7": 2560,
    "efficientnet-lite0": 1280,
    "efficientnet-lite1": 1280,
    "efficientnet-lite2": 1280,
    "resnet18": 512,
    "resnet34": 512,
    "resnet50": 2048,
    "resnet101": 2048,
    "vgg16": 512,
    "dinov2-vits14": 384,
    "dinov2-vitb14": 768,
    "dinov3-vits16": 384,
    "dinov3-vitb16": 768,
}


def test_every_promised_card_is_there() -> None:
    assert {name: card.dim for name, card in CARDS.items()} == EXPECTED


@pytest.mark.parametrize("name", EXPECTED)
def test_network_gives_vectors_of_the_cards_length(name: str) -> None:
    assert measure_dim(CARDS[name]) == CARDS[name].dim


@pytest.mark.parametrize("name", EXPECTED)
def test_card_is_complete(name: str) -> None:
    card = CARDS[name]
    assert card.publication.link.startswith("https://")
    assert card.licence
    assert card.notes
    assert 0 < card.input_px <= card.resize_px
    assert (card.resize_px - card.input_px) % 2 == 0
    assert any(isinstance(source, HubFile | Url | PackagedWheel) for source in card.sources)


def test_dropped_names_are_never_names_of_the_network() -> None:
    import torch

    for card in CARDS.values():
        with torch.device("meta"):
            names = build_network(card).state_dict()
        assert not [name for name in names if name.startswith(card.dropped)], card.name


def test_scampi_base_tries_both_published_places() -> None:
    sources = CARDS["scampi-vitb16"].sources
    assert HubFile("IverMartinsen/scampi-dino-vits16", "vit_base_backbone.pth") in sources
    assert HubFile("IverMartinsen/scampi-dino-vitb16", "vit_base_backbone.pth") in sources


def test_scampi_small_knows_both_published_files() -> None:
    repository = "IverMartinsen/scampi-dino-vits16"
    assert CARDS["scampi-vits16"].sources == (
        LocalFile("vit_small_backbone.pth"),
        LocalFile("vit_small_checkpoint.pth"),
        HubFile(repository, "vit_small_backbone.pth"),
        HubFile(repository, "vit_small_checkpoint.pth"),
    )


def test_b7_sees_600_px() -> None:
    assert CARDS["efficientnet-b7"].input_px == 600
