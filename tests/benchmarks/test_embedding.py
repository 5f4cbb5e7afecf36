"""The worker processes: both sides embed the same files and agree; what fails says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import indexing
from benchmarks.embedding import ROOM, measure_embedding, weights_of
from benchmarks.pictures import find_pictures
from benchmarks.table import Table
from benchmarks.workers import Worker
from facies.indexer.samples import CLASSES, write_samples
from facies.models.synthetic import says_synthetic

CARD = "efficientnet-lite0"


def test_both_sides_embed_the_same_images_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACIES_TEST_DATA", str(tmp_path / "none"))
    monkeypatch.setattr("benchmarks.pictures.DRAWN_PER_CLASS", 1)
    table = Table()
    pictures = find_pictures(tmp_path)
    measure_embedding(table, pictures, tmp_path, [CARD], precisions=["f32"], rounds=1)
    cosine = table.value(ROOM, f"{CARD} f32", "least cosine to the reference")
    assert cosine is not None
    assert cosine > 0.99  # the reference resizes with Pillow
    for case in (f"{CARD} reference", f"{CARD} f32"):
        assert (table.value(ROOM, case, "cpu") or 0) > 0
        assert (table.value(ROOM, case, "rate") or 0) > 0
    reference, ours = (table.value(ROOM, f"{CARD} {side}", "cpu") or 0 for side in ("reference", "f32"))
    assert table.value(ROOM, f"{CARD} f32", "ratio") == pytest.approx(reference / ours)


def test_indexing_is_compared_with_embedding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACIES_TEST_DATA", str(tmp_path / "none"))
    monkeypatch.setattr("benchmarks.pictures.DRAWN_PER_CLASS", 1)
    table = Table()
    indexing.measure_indexing(table, find_pictures(tmp_path), tmp_path, rounds=1)
    share = table.value(indexing.ROOM, f"{CARD} f32", "rate of index over embed")
    assert share is not None
    assert share > 0


def test_a_worker_that_cannot_start_is_an_error(tmp_path: Path) -> None:
    write_samples(tmp_path, per_class=1)
    with pytest.raises(RuntimeError, match="ended with status 1"):
        Worker("benchmarks.ours", "no-such-model", "no.safetensors", "f32", str(tmp_path), str(tmp_path))


def test_a_precision_that_is_not_to_be_had_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.modules['nncf'] = None  # as if it were not installed")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    write_samples(tmp_path / "samples", per_class=1)
    weights = weights_of(CARD, tmp_path)
    with Worker("benchmarks.ours", CARD, str(weights), "int8", str(tmp_path / "samples"), str(tmp_path)) as worker:
        assert "int8" in worker.greeting["unavailable"]


def test_pseudo_random_weights_are_said_aloud(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not says_synthetic(weights_of(CARD, tmp_path))
    assert capsys.readouterr().err == ""
    assert says_synthetic(weights_of("resnet18", tmp_path))
    assert "synthetic weights" in capsys.readouterr().err


def test_real_images_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "scampi-20").mkdir()
    monkeypatch.setenv("FACIES_TEST_DATA", str(tmp_path))
    assert find_pictures(tmp_path / "scratch").folder == tmp_path / "scampi-20"
    assert not (tmp_path / "scratch").exists()
    assert len(CLASSES) > 1
