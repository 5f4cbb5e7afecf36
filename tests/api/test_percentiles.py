from __future__ import annotations

import sqlite3
import threading
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from facies.api import percentiles
from facies.api.percentiles import LIFETIME_S, References, percentiles_of, read_classes, sample_pairs
from facies.api.search import search_images
from facies.api.service import Service
from facies.core.records import Label, LabelBatch, MetadataValue
from facies.core.wire_search import Example, SearchBody
from facies.indexer.labelling.giving import give_labels

from .conftest import CARD
from .drawn import Drawn, draw_rows, make_drawn


class Clock:
    """Time that passes when a test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def drawn(service: Service) -> Drawn:
    return make_drawn(service, "drawn", draw_rows(200, 48))


def exact_pairs(drawn: Drawn) -> np.ndarray:
    labels = [payload.get("label") for payload in drawn.payloads]
    pairs = [(a, b) for a, b in combinations(range(len(labels)), 2) if labels[a] is not None and labels[a] == labels[b]]
    return np.sort([float(drawn.first[a] @ drawn.first[b]) for a, b in pairs])


def relabel(service: Service, drawn: Drawn, label: str, count: int) -> None:
    """Name the first images as a person would."""
    labels = dict.fromkeys(drawn.ids[:count], Label(label, "validated"))
    give_labels(service.workspace, drawn.name, labels, LabelBatch("person", "ann"))


def reference_of(references: References, service: Service, name: str = "drawn") -> percentiles.Reference | None:
    collection = service.workspace.catalog.collection(name)
    return references.get(service.workspace, collection, collection.default_vector)


def test_a_percentile_is_the_share_of_same_class_pairs_that_are_less_similar(service: Service, drawn: Drawn) -> None:
    found = search_images(service, "drawn", SearchBody(positive=[Example(id=drawn.ids[1])], k=50))
    pairs = exact_pairs(drawn)
    assert len(pairs) > 1000
    for neighbour in found.neighbours:
        wanted = 100 * np.searchsorted(pairs, neighbour.similarity) / len(pairs)
        assert neighbour.percentile == pytest.approx(wanted, abs=0.1)  # cosines that differ by an ulp change places


def test_a_combined_query_has_percentiles_too(service: Service, drawn: Drawn) -> None:
    examples = [Example(id=one) for one in drawn.ids[:3]]
    found = search_images(service, "drawn", SearchBody(positive=examples[:2], negative=examples[2:], rerank=True))
    pairs = exact_pairs(drawn)
    wanted = [100 * np.searchsorted(pairs, n.similarity) / len(pairs) for n in found.neighbours]
    assert [n.percentile for n in found.neighbours] == pytest.approx(wanted, abs=0.1)


def test_an_image_found_in_another_vector_alone_has_none(service: Service) -> None:
    rows, other = draw_rows(200, 48), draw_rows(200, 8)
    rows[::3] = 0
    drawn = make_drawn(service, "drawn", rows, more={"other": other})
    body = SearchBody(positive=[Example(id=drawn.ids[1])], k=50, offset=130, vectors=[CARD, "other"])
    found = search_images(service, "drawn", body).neighbours
    assert {CARD in n.similarities for n in found} == {True, False}
    assert all((n.percentile is None) == (CARD not in n.similarities) for n in found)


@pytest.mark.parametrize(
    "labels", [[], ["a"] * 50, ["a"] * 50 + ["b"], ["a"] * 3 + ["b"] * 5], ids=["none", "one", "no pairs", "few pairs"]
)
def test_with_few_labels_nothing_is_said(service: Service, labels: list[str]) -> None:
    payloads: list[dict[str, MetadataValue]] = [{} for _ in range(60)]
    for payload, label in zip(payloads, labels, strict=False):
        payload["label"] = label
    drawn = make_drawn(service, "drawn", draw_rows(60, 48), payloads)
    found = search_images(service, "drawn", SearchBody(positive=[Example(id=drawn.ids[1])]))
    assert {n.percentile for n in found.neighbours} == {None}


def test_only_validated_labels_count(service: Service, drawn: Drawn) -> None:
    with sqlite3.connect(service.workspace.catalog.where) as connection:
        connection.execute("UPDATE images SET state = 'predicted' WHERE label != 'taxon 1'")
    connection.close()
    assert [len(rows) for rows in read_classes(service.workspace, "drawn", CARD)] == [36]


def test_the_sample_is_bounded_and_shared_out_evenly(monkeypatch: pytest.MonkeyPatch, service: Service) -> None:
    payloads: list[dict[str, MetadataValue]] = [{"label": "many" if n % 10 else "few"} for n in range(300)]
    drawn = make_drawn(service, "drawn", draw_rows(300, 48), payloads)
    monkeypatch.setattr(percentiles, "MOST_IMAGES", 80)
    classes = read_classes(service.workspace, "drawn", CARD)
    assert [len(rows) for rows in classes] == [40, 30]
    lowest = sorted(one for one, payload in zip(drawn.ids, payloads, strict=True) if payload["label"] == "many")[:40]
    np.testing.assert_allclose(classes[0], drawn.first[drawn.places(lowest)], atol=1e-6)
    sample = sample_pairs(classes, most=100)
    assert sample is not None
    assert len(sample) == 100
    assert sample.tolist() == sorted(sample.tolist())
    again = sample_pairs(classes, most=100)
    assert again is not None
    assert again.tolist() == sample.tolist()


def test_a_sample_of_pairs_is_one_of_the_pairs() -> None:
    classes = [draw_rows(40, 16, seed=seed, clusters=1) for seed in (1, 2)]
    everything = [rows @ rows.T for rows in classes]
    all_pairs = np.concatenate([one[np.triu_indices(40, 1)] for one in everything])
    whole, some = sample_pairs(classes), sample_pairs(classes, most=400)
    assert whole is not None
    assert some is not None
    np.testing.assert_allclose(whole, np.sort(all_pairs), atol=1e-6)
    assert abs(float(np.median(some)) - float(np.median(whole))) < 0.05


def test_it_is_made_once_however_many_ask(service: Service, drawn: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    read = percentiles.read_classes

    def slow(*arguments: Any) -> object:
        made.append("made")
        return read(*arguments)

    monkeypatch.setattr(percentiles, "read_classes", slow)
    references = References()
    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(reference_of(references, service))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == ["made"]
    assert len({id(one) for one in found}) == 1
    assert drawn.name == "drawn"


def test_it_is_made_anew_when_labels_change(service: Service, drawn: Drawn) -> None:
    references = References(clock=(clock := Clock()))
    first = reference_of(references, service)
    assert reference_of(references, service) is first
    relabel(service, drawn, "taxon 1", 100)
    second = reference_of(references, service)
    assert second is not None
    assert first is not None
    assert len(second) != len(first)
    make_drawn(service, "elsewhere", draw_rows(20, 48))  # its labels are not those of this collection
    assert reference_of(references, service) is second
    assert clock.now == 1000.0


def test_what_leaves_no_event_is_seen_after_a_while(service: Service, drawn: Drawn) -> None:
    references = References(clock=(clock := Clock()))
    first = reference_of(references, service)
    service.workspace.catalog.delete_images("drawn", drawn.ids[:100])
    assert reference_of(references, service) is first
    clock.now += LIFETIME_S + 1
    assert reference_of(references, service) is not first


def test_a_collection_made_again_under_its_name_starts_anew(service: Service, drawn: Drawn) -> None:
    references = References(clock=Clock())
    first = reference_of(references, service)
    service.workspace.catalog.delete_collection("drawn")
    service.workspace.store.drop("drawn")
    make_drawn(service, "drawn", draw_rows(200, 48, seed=9))
    second = reference_of(references, service)
    assert first is not None
    assert second is not None
    assert not np.array_equal(first, second)
    assert drawn.name == "drawn"


def test_no_more_than_a_share_of_the_time_goes_into_it(
    service: Service, drawn: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    read = percentiles.read_classes

    def slow(*arguments: Any) -> object:
        clock.now += 2
        return read(*arguments)

    monkeypatch.setattr(percentiles, "read_classes", slow)
    references = References(clock=clock)
    first = reference_of(references, service)
    relabel(service, drawn, "taxon 1", 100)
    assert reference_of(references, service) is first
    clock.now += 41
    assert reference_of(references, service) is not first


def test_no_reference_gives_no_percentile() -> None:
    assert percentiles_of([0.5, 0.1], None) == [None, None]
