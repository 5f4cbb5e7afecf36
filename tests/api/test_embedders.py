from __future__ import annotations

import gc
import io
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from PIL import Image

from facies.api.classify import classify_images
from facies.api.embedders import Embedders, make_loader, spare_the_collector
from facies.api.examples import Upload
from facies.api.search import search_images
from facies.api.service import Service, open_service
from facies.api.uploads import add_uploads
from facies.core.errors import (
    CatalogError,
    ConfigurationError,
    DimensionMismatchError,
    FingerprintMismatchError,
    QueryError,
    UnknownModelError,
)
from facies.core.images import RgbImage
from facies.core.metrics import Embeddings
from facies.core.records import CollectionRecord, Fingerprint, VectorRecord
from facies.core.settings import ModelSettings, Settings
from facies.core.wire_classify import ClassifyBody
from facies.core.wire_search import Crop, Example, SearchBody
from facies.core.workspace import open_workspace
from facies.indexer.derived import fill_derived
from facies.indexer.further_models import fill_vector, make_default
from facies.indexer.generations import open_generation, use_generation
from facies.indexer.named_vectors import drop_vector, open_vector
from facies.indexer.pipeline import index_source
from facies.indexer.sources import open_source
from facies.models.embedder import Embedder, Prepared
from facies.models.projection import Projection
from facies.models.registry import get_card

from .conftest import CARD, LABELS, ColourEmbedder, fill


def test_a_card_is_loaded_once_however_many_ask() -> None:
    loaded: list[str] = []

    def load(card: str, weights: Path | None, like: Fingerprint | None, _: object) -> ColourEmbedder:
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

    def load(card: str, weights: Path | None, like: Fingerprint | None, _: object) -> ColourEmbedder:
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

    def load(card: str, weights: Path | None, like: Fingerprint | None, _: object) -> ColourEmbedder:
        given[card] = weights
        return ColourEmbedder(card)

    embedders = Embedders(load, {"a": Path("a.pth")})
    embedders.get("a")
    embedders.get("b")
    assert given == {"a": Path("a.pth"), "b": None}


def test_vectors_made_in_another_way_are_refused(service: Service) -> None:
    made = ColourEmbedder("a")
    good = VectorRecord("a", made.dim, made.fingerprint)

    def match(vector: VectorRecord) -> Embedder:
        catalog, record = service.workspace.catalog, CollectionRecord("c", "generic", datetime.now(UTC), (vector,))
        return service.embedders.matching(catalog, record, vector)

    assert match(good).name == "a"
    with pytest.raises(FingerprintMismatchError, match="precision: stored bf16, now f32"):
        match(replace(good, fingerprint=replace(made.fingerprint, precision="bf16")))
    with pytest.raises(DimensionMismatchError, match="dimension 48, expected 7"):
        match(replace(good, dim=7))


def test_each_way_to_make_vectors_has_its_own_embedder() -> None:
    asked: list[str | None] = []

    def load(card: str, weights: Path | None, like: Fingerprint | None, _: object) -> ColourEmbedder:
        asked.append(None if like is None else like.precision + like.weights_sha256[0])
        return ColourEmbedder(card, precision="f32" if like is None else like.precision)

    embedders = Embedders(load)
    new = embedders.get("a")
    assert embedders.get("a", new.fingerprint) is new  # collections that it made itself need no second network
    other = replace(new.fingerprint, precision="bf16")
    assert embedders.get("a", other).fingerprint == other
    assert embedders.get("a", other) is embedders.get("a", replace(other, weights_sha256="1" * 64))
    assert embedders.get("a") is new
    assert asked == [None, "bf160", "bf161"]  # the other weights may be at hand; here they are not


def test_a_vector_with_a_name_of_its_own_is_used_everywhere(settings: Settings, gallery: Path) -> None:
    def load(card: str, weights: Path | None, like: Fingerprint | None, _: object) -> ColourEmbedder:
        return ColourEmbedder(card, precision="f32" if like is None else like.precision)

    with open_service(settings, Embedders(load)) as service:
        fill(service, gallery)
        workspace = service.workspace
        again = ColourEmbedder(CARD, precision="bf16")
        open_vector(workspace, "g", again, "lite0-bf16")
        assert make_default(workspace, fill_vector(workspace, "g", again, "lite0-bf16"))
        drop_vector(workspace, "g", CARD)
        path = gallery / LABELS[0] / "0.png"
        query = [Upload(path.name, path.read_bytes)]
        found = search_images(service, "g", SearchBody(positive=[Example(upload=0)], k=1), query)
        assert (found.vector, Path(found.neighbours[0].path)) == ("lite0-bf16", path)
        named = classify_images(service, "g", ClassifyBody(examples=[Example(upload=0)], vector="lite0-bf16"), query)
        assert (named.vector, named.predictions[0].top[0].label) == ("lite0-bf16", LABELS[0])
        with pytest.raises(QueryError, match="There are: lite0-bf16"):
            search_images(service, "g", SearchBody(positive=[Example(upload=0)], vector=CARD), query)
        new = encode(np.full((40, 40, 3), (200, 30, 30), np.uint8))
        added = add_uploads(service, "g", [Upload("red.png", lambda: new)]).results[0]
        assert added.status == "indexed"
        assert list(workspace.store.get("g", added.ids)[added.ids[0]].vectors) == ["lite0-bf16"]
        assert search_images(service, "g", SearchBody(positive=[Example(id=added.ids[0])])).neighbours


def derive(service: Service, seed: int = 1) -> str:
    """Give collection ``g`` a vector that is computed from its own, as the default."""
    rng = np.random.default_rng(seed)
    by = Projection(np.full(48, 0.01, np.float32), rng.normal(size=(48, 20)).astype(np.float32), "drawn for a test")
    source = service.workspace.catalog.collection("g").embedded_vector
    generation = open_generation(service.workspace, "g", source, "whitened", by)
    fill_derived(service.workspace.store, "g", generation.vector, by)
    assert use_generation(service.workspace, generation)
    return generation.vector.name


def test_a_vector_that_is_computed_from_another_is_used_everywhere(filled: Service, gallery: Path) -> None:
    """By upload, by crop, by id, by classes; by uploads that become images; and again after another fit."""
    path = gallery / LABELS[0] / "0.png"
    query = [Upload(path.name, path.read_bytes)]
    whole = Crop(x=0, y=0, width=96, height=80)
    for seed, name in ((1, f"{CARD}-whitened-1"), (2, f"{CARD}-whitened-2")):
        assert derive(filled, seed) == name
        found = search_images(filled, "g", SearchBody(positive=[Example(upload=0)], k=3), query)
        assert (found.vector, Path(found.neighbours[0].path)) == (name, path)
        assert found.neighbours[0].similarity > 0.9999
        first, second = found.neighbours[0].id, found.neighbours[1]
        by_id = search_images(filled, "g", SearchBody(positive=[Example(id=first)], k=1)).neighbours[0]
        assert by_id.id == second.id
        assert by_id.similarity == pytest.approx(second.similarity, abs=1e-5)
        for example in (Example(id=first, crop=whole), Example(upload=0, crop=whole)):
            cropped = search_images(filled, "g", SearchBody(positive=[example], k=1), query).neighbours[0]
            assert (cropped.id, cropped.similarity > 0.9999) == (first, True)
        named = classify_images(filled, "g", ClassifyBody(examples=[Example(upload=0)]), query)
        assert (named.vector, named.predictions[0].top[0].label) == (name, LABELS[0])
        raw = search_images(filled, "g", SearchBody(positive=[Example(upload=0)], k=3, vector=CARD), query)
        assert raw.neighbours[1].similarity != pytest.approx(second.similarity, abs=1e-4)
        new = encode(np.full((40, 40, 3), (200, 30, 10 * seed), np.uint8))
        added = add_uploads(filled, "g", [Upload("red.png", io.BytesIO(new).read)]).results[0]
        assert filled.workspace.store.get("g", added.ids)[added.ids[0]].vectors.keys() == {CARD, name}
        assert search_images(filled, "g", SearchBody(positive=[Example(id=added.ids[0])])).neighbours


def test_a_projection_is_read_once_and_a_damaged_one_is_said(filled: Service) -> None:
    derive(filled)
    catalog = filled.workspace.catalog
    record = catalog.collection("g")
    vector = record.default_vector
    real = catalog.projection(str(vector.projection))
    damaged = mock.patch.object(type(catalog), "projection", return_value=replace(real, data=b"damaged"))
    with damaged, pytest.raises(CatalogError, match=r"projection .* is damaged"):
        filled.embedders.matching(catalog, record, vector)
    with mock.patch.object(type(catalog), "projection", return_value=real) as read:
        made = [filled.embedders.matching(catalog, record, vector) for _ in range(3)]
    assert read.call_count == 1
    assert all(one.fingerprint == vector.fingerprint for one in made)


def encode(pixels: RgbImage) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


class FirstRelease(ColourEmbedder):
    """How vectors were made before there were other runtimes: torch in f32, photographs decoded whole."""

    def __init__(self, folder: Path) -> None:
        from facies.models.networks import load_network
        from facies.models.weights import find_weights

        self.card = get_card(CARD)
        weights = find_weights(self.card, weights_dir=folder, hub_endpoint="", offline=True)
        self.network = load_network(self.card, weights.path, device="cpu")
        self.name, self.dim = CARD, 1280
        self.fingerprint = Fingerprint(
            CARD,
            "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
            "squash 256 bicubic antialias uint8 torch, crop 224, mean 0.5 0.5 0.5, std 0.5 0.5 0.5",
            "final layer, average pool, one view",
            "torch",
            "f32",
        )

    def prepare(self, image: RgbImage) -> Prepared:
        return np.array(image)

    def embed_prepared(self, prepared: Sequence[Prepared]) -> Embeddings:
        import torch

        from facies.models.preprocess import normalise, prepare_batch

        with torch.inference_mode():
            rows = self.network(normalise(prepare_batch(prepared, self.card), self.card.mean, self.card.std))
            unit: Embeddings = torch.nn.functional.normalize(rows).numpy()
        return unit


def test_a_collection_of_the_first_release_goes_on_as_it_was(gallery: Path, settings: Settings) -> None:
    embedder = FirstRelease(settings.weights_dir)
    with open_workspace(settings) as workspace:
        index_source(workspace, embedder, "old", open_source(str(gallery / LABELS[0])))
    with open_service(settings) as service:
        collection = service.workspace.catalog.collection("old")
        path = gallery / LABELS[0] / "3.png"
        found = search_images(
            service, "old", SearchBody(positive=[Example(upload=0)], k=3), [Upload(path.name, path.read_bytes)]
        ).neighbours
        assert Path(found[0].path).samefile(path)
        assert found[0].similarity > 0.99999
        now = service.embedders.matching(service.workspace.catalog, collection, collection.default_vector)
        assert now.fingerprint == embedder.fingerprint
        assert now.draft_px is None
        report = index_source(service.workspace, now, "old", open_source(str(gallery / LABELS[1])))
        assert report.indexed == 6
        # A collection made now has a way of its own, and both are served side by side.
        assert service.embedders.get(CARD).draft_px == 512
        assert service.workspace.catalog.collection("old") == collection


def test_settings_that_contradict_a_collection_are_refused_with_a_remedy(settings: Settings) -> None:
    like = Fingerprint(CARD, "0" * 64, "squash", "final", "torch", "f32")
    other = settings.model_copy(update={"models": ModelSettings(precision="bf16", offline=True, device="cpu")})
    with pytest.raises(ConfigurationError, match=r"by torch in f32, and FACIES_MODELS__PRECISION asks for bf16"):
        Embedders(make_loader(other)).get(CARD, like)


def test_the_loader_of_networks_names_an_unknown_card(settings: Settings) -> None:
    with pytest.raises(UnknownModelError, match="efficientnet-lite0"):
        make_loader(settings)("efficientnet-lite00", None, None, None)


def test_what_a_network_brings_is_looked_at_by_no_later_collection() -> None:
    held = [[number] for number in range(1000)]
    try:
        spare_the_collector()
        assert gc.get_freeze_count() > len(held)
        assert not any(one is held for one in gc.get_objects())
    finally:
        gc.unfreeze()
