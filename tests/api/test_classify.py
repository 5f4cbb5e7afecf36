from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from sklearn.neighbors import KNeighborsClassifier

from facies.api.classify import classify_images
from facies.api.examples import Upload
from facies.api.service import Service
from facies.core.errors import QueryError, UnreadableImageError
from facies.core.records import ImageRecord
from facies.core.wire_classify import ClassifiedOut, ClassifyBody
from facies.core.wire_search import Example
from facies.indexer.pipeline import index_source
from facies.indexer.samples import draw_sample
from facies.indexer.sources import open_source
from facies.models.abstention import fit_rule
from facies.models.namers import Validated, fit_namer

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
    one_class = {"field": "label", "equals": "well_log"}
    with pytest.raises(QueryError, match=r"of 1 class, 'well_log'; .* Plain votes need only one: give a temperature"):
        classify(shared, example, where=one_class)
    (answer,) = classify(shared, example, where=one_class, temperature=T)
    assert [p.label for p in answer.top] == ["well_log"]


def test_k_has_its_bounds(shared: Service) -> None:
    with pytest.raises(QueryError, match="got 51"):
        classify(shared, Example(id=records(shared)[0].id), k=51)


class TestCalibrated:
    def test_probabilities_are_those_of_the_namer_that_knows_not_the_image(self, shared: Service) -> None:
        images = records(shared)
        answers = classify(shared, *(Example(id=image.id) for image in images), top=10)
        vectors, labels = vectors_of(shared, images), [str(image.label) for image in images]
        classes = sorted(set(labels))
        codes = np.array([classes.index(label) for label in labels])
        held_out = fit_namer(Validated(vectors, codes, tuple(classes))).held_out
        for answer, row, novelty in zip(answers, held_out.probabilities, held_out.novelty, strict=True):
            wanted = {name: float(share) for name, share in zip(classes, row, strict=True)}
            assert {p.label: p.probability for p in answer.top} == pytest.approx(wanted, abs=1e-5)
            assert answer.novelty == pytest.approx(novelty, abs=1e-5)
            assert answer.verdict is None

    def test_an_upload_is_named_by_all_of_them(self, shared: Service, gallery: Path) -> None:
        path = gallery / "well_log" / "1.png"
        body = ClassifyBody(examples=[Example(upload=0)], precision=0.5)
        found = classify_images(shared, "g", body, [Upload(path.name, path.read_bytes)])
        (answer,) = found.predictions
        assert (answer.top[0].label, found.calibrated, found.validated) == ("well_log", True, 24)
        assert found.calibration_error is not None
        assert answer.set is not None
        assert answer.top[0].label in answer.set
        assert answer.verdict in {"label", "set", "unknown"}

    def test_verdicts_are_those_of_the_rule_for_the_precision(self, shared: Service) -> None:
        images = records(shared)
        examples = [Example(id=image.id) for image in images]
        collection = shared.workspace.catalog.collection("g")
        learnt = shared.namers.get(shared.workspace, collection, collection.default_vector)
        rule = fit_rule(learnt.namer, 0.6)
        for answer in classify(shared, *examples, precision=0.6):
            sure = answer.top[0].probability >= rule.threshold
            assert answer.novelty is not None
            strange = answer.novelty > rule.novelty
            assert answer.verdict == ("unknown" if strange else "label" if sure else "set")

    def test_five_labels_come_and_of_scenes_three(self, service: Service, gallery: Path) -> None:
        for preset, count in (("generic", 4), ("scenes", 3)):
            source = open_source(str(gallery), labels="folder")
            index_source(service.workspace, service.embedders.get(CARD), preset, source, preset=preset)
            one = service.workspace.catalog.list_images(preset, limit=1)[0]
            found = classify_images(service, preset, ClassifyBody(examples=[Example(id=one.id)]))
            assert len(found.predictions[0].top) == count

    def test_what_goes_with_calibration_does_not_go_with_plain_votes(self) -> None:
        with pytest.raises(ValidationError, match="leave out `temperature`"):
            ClassifyBody(examples=[Example(upload=0)], temperature=0.1, precision=0.9)


def test_files_that_cannot_be_read_are_listed_and_the_others_named(filled: Service, gallery: Path) -> None:
    good = (gallery / "well_log" / "0.png").read_bytes()
    uploads = [Upload(name, partial(bytes, data)) for name, data in (("a", good), ("b", b"no image"), ("a", good))]
    examples = [Example(upload=place) for place in range(3)]
    body = ClassifyBody(examples=[*examples, Example(id=records(filled)[0].id)], skip_unreadable=True)
    answer = classify_images(filled, "g", body, uploads)
    assert [(one.example, one.name) for one in answer.failures] == [(1, "b")]
    assert "b" in answer.failures[0].reason
    assert [one.name for one in answer.predictions] == ["a", "a", records(filled)[0].id]
    alone = classify_images(filled, "g", ClassifyBody(examples=examples[:1]), uploads).predictions[0]
    assert [one.label for one in answer.predictions[0].top] == [one.label for one in alone.top]
    assert answer.predictions[0].top[0].probability == pytest.approx(alone.top[0].probability, abs=1e-5)
    nothing = classify_images(
        filled, "g", ClassifyBody(examples=[Example(upload=0)], skip_unreadable=True), uploads[1:2]
    )
    assert (nothing.predictions, len(nothing.failures)) == ([], 1)
    with pytest.raises(UnreadableImageError):
        classify_images(filled, "g", ClassifyBody(examples=examples), uploads)
