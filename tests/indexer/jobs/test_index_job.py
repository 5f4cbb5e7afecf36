"""Jobs of the four kinds, on a real data folder; the network is a small one of the tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from facies.core.records import Label, LabelBatch
from facies.core.settings import Settings
from facies.indexer.jobs.index_job import GRAPH_NOTE
from facies.indexer.jobs.kinds import KINDS
from facies.indexer.labelling.giving import give_labels
from tests.indexer.conftest import TurningEmbedder
from tests.indexer.jobs.conftest import House

IMAGES = 56
"""Enough for a whitening."""


class OneEmbedder:
    """Gives one embedder, whatever is asked for."""

    def __init__(self) -> None:
        self.embedder = TurningEmbedder()

    def get(self, *_: object, **__: object) -> Any:
        return self.embedder


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    rng = np.random.default_rng(11)
    for number in range(IMAGES):
        path = tmp_path / "in" / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        shade = 60 if number % 2 else 190
        Image.fromarray(rng.integers(shade - 50, shade + 50, (24, 24, 3), dtype=np.uint8)).save(path)
    (tmp_path / "in" / "a" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    return tmp_path / "in"


@pytest.fixture
def real(settings: Settings, make_house: Callable[..., House]) -> House:
    house = make_house(settings, KINDS)
    house.workers(embedders=OneEmbedder())
    return house


def indexed(house: House, pictures: Path, **options: Any) -> Any:
    options = {"collection": "k", "path": str(pictures), "model": "efficientnet-lite0", **options}
    return house.wait_for(house.order("index", **options), timeout_s=60)


def test_index_reports_as_the_command_does_and_tells_failures(real: House, pictures: Path) -> None:
    job = indexed(real, pictures, labels="folder")
    assert job.state == "done", job.fault
    assert (job.result["indexed"], job.result["failed"], job.result["interrupted"]) == (IMAGES, 1, False)
    assert (job.progress.stage, job.progress.done, job.progress.total) == ("indexing", IMAGES + 1, IMAGES + 1)
    assert any("broken.png" in line.line for line in real.workspace.catalog.job_log(job.id) if line.level == "warning")
    assert real.workspace.catalog.label_counts("k") == {"a": IMAGES // 2, "b": IMAGES // 2}
    again = indexed(real, pictures, labels="folder", model=None)
    assert (again.result["indexed"], again.result["unchanged"]) == (0, IMAGES)


def test_index_reads_nothing_outside_of_its_roots(real: House, pictures: Path, tmp_path: Path) -> None:
    job = indexed(real, pictures, within=[str(tmp_path / "elsewhere")])
    assert job.state == "failed"
    assert job.fault is not None
    assert job.fault.code == "AccessError"
    assert "or add its folder to FACIES_API__ALLOWED_ROOTS" in job.fault.message
    assert real.workspace.catalog.collections() == []


def test_the_model_of_a_collection_stays_its_model(real: House, pictures: Path) -> None:
    indexed(real, pictures)
    job = indexed(real, pictures, model="efficientnet-lite1")
    assert job.fault is not None
    assert job.fault.code == "ConfigurationError"
    assert "efficientnet-lite1 cannot join it" in job.fault.message


def test_a_collection_that_outgrew_its_graph_gets_one_by_a_job_of_its_own(
    real: House, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import facies.core.store

    monkeypatch.setattr(facies.core.store, "needs_optimizing", lambda *_: True)
    job = indexed(real, pictures)
    assert GRAPH_NOTE in job.result["notes"]
    (graph,) = real.workspace.catalog.jobs(kinds=["optimise"])
    built = real.wait_for(graph.id, timeout_s=120)
    assert built.state == "done", built.fault
    assert built.result["graphed"] == built.result["points"] == IMAGES
    assert (built.turn, built.actor) == ("graph:k", "Ann")


def test_whiten_makes_the_default_vector(real: House, pictures: Path) -> None:
    indexed(real, pictures)
    job = real.wait_for(real.order("whiten", collection="k", sample=IMAGES), timeout_s=60)
    assert job.state == "done", job.fault
    assert job.result["written"] == IMAGES
    record = real.workspace.catalog.collection("k")
    assert record.default_vector.name == job.result["vector"]
    assert record.default_vector.is_derived


def test_label_names_the_rest_as_one_batch_or_only_says_what_it_would(real: House, pictures: Path) -> None:
    indexed(real, pictures)
    catalog = real.workspace.catalog
    images = list(catalog.iter_images("k"))
    known = {one.id: Label("a" if "/a/" in one.uri else "b", "validated") for one in images[:-8]}
    give_labels(real.workspace, "k", known, LabelBatch("person", "Ann"))
    asked = real.wait_for(real.order("label", collection="k", precision=0.6, apply=False), timeout_s=60)
    assert asked.state == "done", asked.fault
    assert (asked.result["batch"], asked.result["images"]) == (None, 8)
    assert len(list(catalog.label_batches("k"))) == 1
    done = real.wait_for(real.order("label", collection="k", precision=0.6), timeout_s=60)
    assert done.result["labelled"] == asked.result["labelled"]
    if done.result["labelled"]:
        assert catalog.label_batches("k")[0].number == done.result["batch"]
        assert catalog.label_batches("k")[0].actor == "Ann"


@pytest.mark.parametrize("kind", ["whiten", "optimise", "label"])
def test_what_needs_a_collection_says_that_there_is_none(real: House, kind: str) -> None:
    job = real.wait_for(real.order(kind, collection="none"), timeout_s=60)
    assert job.state == "failed"
    assert job.fault is not None
    assert job.fault.code == "CollectionNotFoundError"
