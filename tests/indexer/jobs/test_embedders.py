"""The network of a worker."""

from __future__ import annotations

from typing import Any

import pytest

from facies.core.settings import Settings
from facies.indexer.jobs.embedders import WorkerEmbedders
from tests.indexer.conftest import PixelEmbedder


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    import facies.models.embedder

    cards: list[str] = []

    def load(card: str, **options: Any) -> PixelEmbedder:
        cards.append(card)
        like = options["like"]
        return PixelEmbedder(weights="0" * 64 if like is None else like.weights_sha256)

    monkeypatch.setattr(facies.models.embedder, "load_embedder", load)
    return cards


def test_jobs_in_a_row_on_one_collection_load_once(settings: Settings, loads: list[str]) -> None:
    embedders = WorkerEmbedders(settings)
    first = embedders.get("pixels")
    assert embedders.get("pixels") is first
    assert embedders.get("pixels", first.fingerprint) is first, "it made the collection a moment ago"
    assert loads == ["pixels"]


def test_another_way_to_make_vectors_is_another_network(settings: Settings, loads: list[str]) -> None:
    embedders = WorkerEmbedders(settings)
    other = PixelEmbedder(weights="1" * 64).fingerprint
    first = embedders.get("pixels")
    assert embedders.get("pixels", other).fingerprint == other
    assert embedders.get("pixels", first.fingerprint).fingerprint == first.fingerprint
    assert loads == ["pixels"] * 3
