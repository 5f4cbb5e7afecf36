"""Adapting a collection: measured first, made beside the other vectors, there for what comes later."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from facies.core.errors import CatalogError, CollectionNotFoundError, ConfigurationError, QueryError
from facies.core.metrics import Embeddings
from facies.core.store import VectorQuery
from facies.core.workspace import Workspace
from facies.indexer.adaptation import (
    AdaptedReport,
    list_sources,
    report_trial,
    stage_adaptation,
    try_head,
    use_adaptation,
)
from facies.indexer.evaluation.comparison import Difference
from facies.indexer.evaluation.stored import read_gallery
from facies.indexer.evaluation.subjects import Grouping
from facies.indexer.metric_trial import Gain, Trial, run_trial
from facies.indexer.named_vectors import choose_default, drop_vector
from facies.indexer.projections import read_projection
from facies.indexer.whitening import stage_whitening, use_whitening
from facies.models.metric_head import MetricHead

from .conftest import Index, TurningEmbedder, fit_axes

ONE, TWO = "pixels-adapted-1", "pixels-adapted-2"
CLASSES, EACH = 4, 15
HEAD = MetricHead(shrinkage=0.1)


@pytest.fixture
def embedder() -> TurningEmbedder:
    return TurningEmbedder(48)


def draw_specimen(folder: Path, label: int, number: int, *, filed_under: int | None = None) -> Path:
    """A picture whose brightness and tint mean nothing, and whose faint checks tell the class."""
    rng = np.random.default_rng([label, number])
    patterns = np.random.default_rng(5).normal(size=(CLASSES, 8, 8, 3))
    loud = np.random.default_rng(6).normal(size=(6, 8, 8, 3))
    pixels = 128 + 6 * patterns[label] + 12 * np.tensordot(rng.normal(size=6), loud, 1) + rng.normal(size=(8, 8, 3))
    path = folder / f"class{label if filed_under is None else filed_under}" / f"{label}-{number}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
    return path


@pytest.fixture
def filled(workspace: Workspace, index: Index, tmp_path: Path) -> Workspace:
    for label in range(CLASSES):
        for number in range(EACH):
            draw_specimen(tmp_path / "in", label, number)
    index(tmp_path / "in", labels="folder")
    return workspace


def adapt(workspace: Workspace, vector: str | None = None, *, default: bool = False) -> AdaptedReport:
    tried = try_head(workspace, "c", vector, head=HEAD)
    return use_adaptation(workspace, stage_adaptation(workspace, "c", tried, head=HEAD), default=default)


def names(workspace: Workspace) -> list[str]:
    return [vector.name for vector in workspace.catalog.collection("c").vectors]


def expect_whole(workspace: Workspace, vector: str, images: int) -> None:
    """Every image has the vector as its projection computes it from its source."""
    record = workspace.catalog.collection("c")
    adapted = next(one for one in record.vectors if one.name == vector)
    projection = read_projection(workspace.catalog.projection(str(adapted.projection)), "here")
    assert adapted.fingerprint.recipe.endswith(f"; {projection.method}, {projection.digest[:16]}")
    points = list(workspace.store.scroll("c", vectors=True))
    assert len(points) == images
    expected = projection.apply(np.stack([point.vectors[str(adapted.source)] for point in points]))
    for point, row in zip(points, expected, strict=True):
        np.testing.assert_allclose(point.vectors[vector], row, atol=2e-6)
        assert workspace.store.search("c", VectorQuery(vector, [row], k=1))[0].id == point.id


def test_a_trial_changes_nothing(filled: Workspace) -> None:
    tried = try_head(filled, "c", head=HEAD)
    assert tried.trial.helps
    assert list(tried.trial.plain) == ["pixels"]
    report = report_trial(filled, "c", tried)
    assert (report.vector, report.projection, report.written, report.notes) == ("", "", 0, [])
    assert (report.labels, report.classes, report.held_out, report.helps) == (60, 4, 0.2, True)
    assert report.figures["adapted"]["map"] > report.figures["pixels"]["map"]
    mean, low, high = report.gains["pixels"]["map"]
    assert 0 < low < mean < high
    assert names(filled) == ["pixels"]
    assert filled.store.schema("c").vectors.keys() == {"pixels"}


def test_it_stands_beside_the_plain_vector(filled: Workspace) -> None:
    labels = filled.catalog.label_counts("c")
    report = adapt(filled)
    assert (report.vector, report.source, report.is_default) == (ONE, "pixels", False)
    assert (report.written, report.lacking, report.replaced, report.failures) == (60, 0, None, [])
    assert "60 labels as they are now" in report.notes[-1]
    assert names(filled) == ["pixels", ONE]
    assert filled.catalog.label_counts("c") == labels
    expect_whole(filled, ONE, 60)


def test_images_that_come_later_have_it(filled: Workspace, index: Index, tmp_path: Path) -> None:
    adapt(filled)
    draw_specimen(tmp_path / "in", 0, 100)
    assert index(tmp_path / "in", labels="folder").indexed == 1
    expect_whole(filled, ONE, 61)


def test_it_becomes_the_default_when_asked(filled: Workspace) -> None:
    assert adapt(filled, default=True).is_default
    assert names(filled) == [ONE, "pixels"]


def test_an_earlier_head_becomes_the_default_when_asked(filled: Workspace) -> None:
    adapt(filled)
    report = adapt(filled, default=True)
    assert (report.vector, report.is_default, report.replaced) == (ONE, True, None)
    assert names(filled) == [ONE, "pixels"]


def test_a_refit_learns_from_the_labels_as_they_are(filled: Workspace, index: Index, tmp_path: Path) -> None:
    adapt(filled, default=True)
    first = filled.catalog.collection("c").default_vector
    for number in range(5):
        draw_specimen(tmp_path / "in", 1, 200 + number)
    index(tmp_path / "in", labels="folder")
    report = adapt(filled)
    assert (report.vector, report.replaced, report.is_default, report.labels) == (TWO, ONE, True, 65)
    assert names(filled) == [TWO, "pixels"]
    expect_whole(filled, TWO, 65)
    with pytest.raises(CatalogError, match="no projection"):
        filled.catalog.projection(str(first.projection))


def test_a_head_that_is_in_use_is_not_taken_for_a_plain_vector(filled: Workspace) -> None:
    adapt(filled, default=True)
    assert list(try_head(filled, "c", head=HEAD).trial.plain) == ["pixels"]
    assert "has learnt from these very labels" in read_gallery(filled, "c", ONE).notes[0]
    assert read_gallery(filled, "c", "pixels").notes == ()
    with pytest.raises(QueryError, match=r"has learnt from the labels already.*Give `--vector pixels`"):
        try_head(filled, "c", ONE)


def test_labels_that_mean_nothing_leave_what_was_in_use(filled: Workspace, index: Index, tmp_path: Path) -> None:
    adapt(filled, default=True)
    for number in range(CLASSES * EACH):
        for away in range(1, CLASSES):  # as many of each kind under each name
            label = number % CLASSES
            draw_specimen(tmp_path / "in", label, 100 * away + number, filed_under=(label + away) % CLASSES)
    index(tmp_path / "in", labels="folder")
    tried = try_head(filled, "c", head=HEAD)
    assert not tried.trial.helps
    report = report_trial(filled, "c", tried)
    assert (report.vector, report.is_default, report.helps, report.written) == (ONE, True, False, 0)
    assert "stays as it was fitted before" in report.notes[0]
    assert "it does not help" in report.notes[1]


def test_a_whitened_default_is_to_be_beaten_too_and_may_be_the_source(
    filled: Workspace, index: Index, embedder: TurningEmbedder, tmp_path: Path
) -> None:
    use_whitening(filled, stage_whitening(filled, "c", embedder, fit=fit_axes))
    tried = try_head(filled, "c", head=HEAD)
    assert list(tried.trial.plain) == ["pixels", "pixels-whitened-1"]
    assert {tried.source.name, *tried.passed_over} == {"pixels", "pixels-whitened-1"}
    (other,) = tried.passed_over.values()
    assert tried.trial.adapted.means["map"] >= other.adapted.means["map"]
    assert "instead, F1 was" in report_trial(filled, "c", tried).notes[0]
    chained = "pixels-whitened-1-adapted-1"
    report = adapt(filled, "pixels-whitened-1")
    assert (report.vector, report.source) == (chained, "pixels-whitened-1")
    again = try_head(filled, "c", head=HEAD)
    assert (again.source.name, again.passed_over) == ("pixels-whitened-1", {})
    choose_default(filled, "c", chained)  # which is no measure, and leaves both others to be beaten
    assert set(try_head(filled, "c", head=HEAD).trial.plain) == {"pixels", "pixels-whitened-1"}
    choose_default(filled, "c", "pixels-whitened-1")
    draw_specimen(tmp_path / "in", 0, 100)
    index(tmp_path / "in", labels="folder")
    expect_whole(filled, chained, 61)
    with pytest.raises(CatalogError, match=f"drop-model c {chained}"):
        stage_whitening(filled, "c", embedder, fit=fit_axes)
    drop_vector(filled, "c", chained)
    assert names(filled) == ["pixels-whitened-1", "pixels"]


def test_the_source_is_one_that_helps(
    filled: Workspace, embedder: TurningEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever source has the higher mAP, the other one is taken where it alone passes both rules."""
    use_whitening(filled, stage_whitening(filled, "c", embedder, fit=fit_axes))
    better = try_head(filled, "c", head=HEAD).source.name
    (other,) = {"pixels", "pixels-whitened-1"} - {better}
    worse, ahead = Difference(-0.1, -0.2, 0.0), Difference(0.2, 0.1, 0.3)

    def tried(vectors: Embeddings, *given: Any, **more: Any) -> Trial:
        f1 = worse if np.array_equal(vectors, more["others"][better]) else ahead
        return replace(run_trial(vectors, *given, **more), gains={"pixels": Gain(f1, ahead, ahead)})

    monkeypatch.setattr("facies.indexer.adaptation.run_trial", tried)
    found = try_head(filled, "c", head=HEAD)
    assert (found.source.name, found.trial.helps, list(found.passed_over)) == (other, True, [better])


def test_a_stop_leaves_what_was_in_use(filled: Workspace) -> None:
    stop = threading.Event()
    stop.set()
    tried = try_head(filled, "c", head=HEAD)
    report = use_adaptation(filled, stage_adaptation(filled, "c", tried, stop=stop), default=True)
    assert (report.vector, report.interrupted, report.is_default) == ("", True, False)
    assert names(filled) == ["pixels"]
    assert filled.store.schema("c").vectors.keys() == {"pixels"}


def test_few_labels_are_said(workspace: Workspace, index: Index, tmp_path: Path) -> None:
    for label in range(2):
        for number in range(6):
            draw_specimen(tmp_path / "in", label, number)
    index(tmp_path / "in", labels="folder")
    report = report_trial(workspace, "c", try_head(workspace, "c"))
    assert report.held_out == 0.5
    assert any("half of them were held out" in note for note in report.notes)


def test_what_does_not_fit_is_refused(filled: Workspace, index: Index, tmp_path: Path) -> None:
    record = filled.catalog.collection("c")
    assert list_sources(record, None) == [record.default_vector]
    with pytest.raises(QueryError, match="There are: pixels"):
        list_sources(record, "x")
    with pytest.raises(CollectionNotFoundError):
        try_head(filled, "nowhere")
    with pytest.raises(ConfigurationError, match="no labelled image has a value in column 'slide'"):
        try_head(filled, "c", grouping=Grouping("slide"))


def test_the_default_is_left_when_the_head_is_put_away(filled: Workspace) -> None:
    adapt(filled, default=True)
    choose_default(filled, "c", "pixels")
    drop_vector(filled, "c", ONE)
    assert names(filled) == ["pixels"]
    assert adapt(filled).vector == ONE
