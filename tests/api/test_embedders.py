from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from facies.api.embedders import Embedders, make_loader
from facies.core.errors import DimensionMismatchError, FingerprintMismatchError, UnknownModelError
from facies.core.records import VectorRecord
from facies.core.settings import Settings

from .conftest import ColourEmbedder


def test_a_card_is_loaded_once_however_many_ask() -> None:
    loaded: list[str] = []

    def load(card: str, weights: Path | None) -> ColourEmbedder:
        time.sleep(0.05)
        loaded.append(card)
        return ColourEmbedder(card)

    embedders = Embedders(load)
    found: list[object] = []
    threads = [threading.Thread(target=lambda card=card: found.append(embedders.get(card))) for card in ["a", "b"] * 6]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(loaded) == ["a", "b"]
    assert len({id(one) for one in found}) == 2


def test_a_failed_load_is_tried_again() -> None:
    tries = iter([UnknownModelError("a", ["b"]), None])

    def load(card: str, weights: Path | None) -> ColourEmbedder:
        error = next(tries)
        if error is not None:
            raise error
        return ColourEmbedder(card)

    embedders = Embedders(load)
    with pytest.raises(UnknownModelError):
        embedders.get("a")
    assert embedders.get("a").name == "a"


def test_a_checkpoint_given_for_a_card_reaches_its_loader() -> None:
    given: dict[str, Path | None] = {}

    def load(card: str, weights: Path | None) -> ColourEmbedder:
        given[card] = weights
        return ColourEmbedder(card)

    embedders = Embedders(load, {"a": Path("a.pth")})
    embedders.get("a")
    embedders.get("b")
    assert given == {"a": Path("a.pth"), "b": None}


def test_vectors_made_in_another_way_are_refused() -> None:
    embedders = Embedders(lambda card, _: ColourEmbedder(card))
    made = ColourEmbedder("a")
    good = VectorRecord("a", made.dim, made.fingerprint)
    assert embedders.matching("c", good).name == "a"
    with pytest.raises(FingerprintMismatchError, match="precision: stored bf16, now f32"):
        embedders.matching("c", replace(good, fingerprint=replace(made.fingerprint, precision="bf16")))
    with pytest.raises(DimensionMismatchError, match="dimension 48, expected 7"):
        embedders.matching("c", replace(good, dim=7))


def test_the_loader_of_networks_names_an_unknown_card(settings: Settings) -> None:
    with pytest.raises(UnknownModelError, match="efficientnet-lite0"):
        make_loader(settings)("efficientnet-lite00", None)
