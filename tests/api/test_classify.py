from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from facies.api.classify import classify_images
from facies.api.examples import Upload
from facies.api.service import Service
from facies.core.errors import QueryError
from facies.core.records import ImageRecord
from facies.core.wire import ClassifiedOut, ClassifyBody, Example
from facies.indexer.pipeline import index_source
from facies.indexer.samples import draw_sample
from facies.indexer.sources import open_source

from .conftest import CARD, LABELS

T = 0.05


def records(service: Service) -> list[ImageRecord]:
    return list(service.workspace.catalog.iter_images("g"))


def classify(service: Service, *examples: Example, k: int = 7, **more: object) -> list[ClassifiedOut]:
    body = ClassifyBody.model_validate({"examples": examples, "k": k, **more})
    return classify_images(service, "g", body).predictions


def vectors_of(service: Service, images: list[ImageRecord]) -> np.ndarray:
    points = service.workspace.store.get("g", [image.id for image in images], vectors=True)
    return np.stack([points[image.id].vectors[CARD] for image in images])


def test_uploads_are_named_as_scikit_learn_names_them(filled: Service, tmp_path: Path) -> None:
    paths = []
    for label in LABELS:
        for number in (20, 21, 22):
            path = tmp_path / f"{label}_{number}.png"
            draw_sample(label, number).resize((96, 80)).save(path)
            paths.append(path)
    uploads = [Upload(path.name, path.read_bytes) for path in paths]
    body = ClassifyBody(examples=[Example(upload=i) for i in range(len(paths))], k=7, top=4, temperature=T)
    ours = classify_images(filled, "g", body, uploads).predictions

    images = records(filled)
    reference = KNeighborsClassifier(
        7, metric="cosine", weights=lambda d: np.exp(-(d - d.min(axis=1, keepdims=True)) / T)
    )
    reference.fit(vectors_of(filled, images), [image.label for image in images])
    source = open_source(str(tmp_path))
    index_source(filled.workspace, filled.embedders.get(CARD), "held-out", source)
    points = {
        record.uri: filled.workspace.store.get("held-out", [record.id], vectors=True)[record.id].vectors[CARD]
        for record in filled.workspace.catalog.iter_images("held-out")
    }
    queries = np.stack([points[str(path)] for path in paths])
    probabilities = reference.predict_proba(queries)
    for answer, path, row in zip(ours, paths, probabilities, strict=True):
        assert answer.name == path.name
        assert answer.top[0].label == reference.classes_[row.argmax()]
        wanted = dict(zip(reference.classes_, row, strict=True))
        for prediction in answer.top:
            assert prediction.probability == pytest.approx(wanted[prediction.label], abs=1e-4)


def test_an_image_does_not_vote_on_itself(shared: Service) -> None:
    for image in records(shared)[:6]:
        (answer,) = classify(shared, Example(id=image.id), k=50)
        assert answer.name == image.id
        assert image.id not in {n.id for n in answer.neighbours}
        assert len(answer.neighbours) == 23


def test_probabilities_add_up_and_fall(shared: Service) -> None:
    answers = classify(shared, *(Example(id=image.id) for image in records(shared)), top=10)
    for answer in answers:
        shares = [prediction.probability for prediction in answer.top]
        assert sum(shares) == pytest.approx(1)
        assert shares == sorted(shares, reverse=True)


def test_the_order_of_examples_changes_no_answer(shared: Service) -> None:
    examples = [Example(id=image.id) for image in records(shared)]
    assert classify(shared, *reversed(examples)) == classify(shared, *examples)[::-1]


def test_only_validated_labels_vote(filled: Service) -> None:
    image = records(filled)[0]
    for other in records(filled)[1:]:
        if other.label != "well_log":
            filled.workspace.store.set_payload("g", [other.id], {"state": "predicted"})
    (answer,) = classify(filled, Example(id=image.id), k=50)
    assert {n.label for n in answer.neighbours} == {"well_log"}


def test_without_labels_there_is_nothing_to_vote(service: Service, gallery: Path) -> None:
    source = open_source(str(gallery))
    index_source(service.workspace, service.embedders.get(CARD), "g", source)
    example = Example(id=records(service)[0].id)
    with pytest.raises(QueryError, match="no images with validated labels, so nothing can vote"):
        classify(service, example)


def test_a_filter_that_lets_no_label_through_says_so(shared: Service) -> None:
    example = Example(id=records(shared)[0].id)
    with pytest.raises(QueryError, match="that the filter lets through"):
        classify(shared, example, where={"field": "label", "equals": "none of these"})
    (answer,) = classify(shared, example, where={"field": "label", "equals": "well_log"})
    assert [p.label for p in answer.top] == ["well_log"]


def test_k_has_its_bounds(shared: Service) -> None:
    with pytest.raises(QueryError, match="got 51"):
        classify(shared, Example(id=records(shared)[0].id), k=51)
