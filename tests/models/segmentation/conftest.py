"""The three cards, opened once: EfficientNet-Lite0 as installed, VGG-16 from a seeded checkpoint."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from facies.core.images import RgbImage
from facies.models.registry import get_card
from facies.models.segmentation.cards import CARDS, HypercolumnCard
from facies.models.segmentation.hypercolumns import Hypercolumns
from facies.models.segmentation.network import MapNetwork
from facies.models.synthetic import write_seeded_checkpoint
from facies.models.weights import FoundWeights, find_weights, given_weights


@dataclass(frozen=True)
class Opened:
    """A card with its network and weights."""

    card: HypercolumnCard
    network: MapNetwork
    weights: FoundWeights

    def hypercolumns(self, pass_rows: int | None = None) -> Hypercolumns:
        """The card with passes of some height."""
        return Hypercolumns(self.card, self.network, self.weights, pass_rows=pass_rows)


@pytest.fixture(scope="session")
def lite0_weights(tmp_path_factory: pytest.TempPathFactory) -> FoundWeights:
    """The weights of EfficientNet-Lite0 that come with the installation."""
    folder = tmp_path_factory.mktemp("lite0")
    return find_weights(get_card("efficientnet-lite0"), weights_dir=folder, hub_endpoint="", offline=True)


@pytest.fixture(scope="session")
def vgg16_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of VGG-16 with seeded values: the published one cannot be had here."""
    return write_seeded_checkpoint(get_card("vgg16"), tmp_path_factory.mktemp("vgg16") / "vgg16.safetensors", 0)


@pytest.fixture(scope="session")
def cards(lite0_weights: FoundWeights, vgg16_checkpoint: Path) -> dict[str, Opened]:
    """Every card of the table, opened."""
    opened = {}
    for card in CARDS.values():
        model = get_card(card.backbone)
        weights = given_weights(model, vgg16_checkpoint) if card.backbone == "vgg16" else lite0_weights
        network = MapNetwork(model, weights.path, card.layers, device="cpu")
        opened[card.name] = Opened(card, network, weights)
    return opened


@pytest.fixture
def default(cards: dict[str, Opened]) -> Opened:
    """The default card, opened."""
    return cards["lite0-stem-3"]


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Passes on one thread, for this test."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def noise(height: int, width: int, seed: int = 0) -> RgbImage:
    """An image of independent pixels, in which every row differs from every other."""
    return np.random.default_rng([seed, height, width]).integers(0, 256, (height, width, 3), dtype=np.uint8)
