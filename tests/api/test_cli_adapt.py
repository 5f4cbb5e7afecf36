"""``facies collections adapt`` over real parts: real labels, an embedded store, colours in place of a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from facies.api.cli import collections_app, search_app
from facies.core.errors import CollectionNotFoundError, ConfigurationError, QueryError
from facies.core.settings import Settings
from facies.core.workspace import open_workspace
from facies.indexer.cli import index_app
from facies.indexer.cli_evaluate import evaluate_app

from .conftest import CARD, ColourEmbedder, Run

ONE, TWO = f"{CARD}-adapted-1", f"{CARD}-adapted-2"
CLASSES, EACH = 4, 15
IMAGES = CLASSES * EACH


def draw(root: Path, label: int, number: int, *, filed_under: int | None = None) -> Path:
    """A picture whose loud colours mean nothing, and whose faint ones tell the class."""
    rng = np.random.default_rng([label, number])
    faint = 10 * np.random.default_rng(5).normal(size=(CLASSES, 4, 4, 3))[label]
    loud = 30 * np.tensordot(rng.normal(size=6), np.random.default_rng(6).normal(size=(6, 4, 4, 3)), 1)
    pixels = (128 + faint + loud + 2 * rng.normal(size=(4, 4, 3))).clip(0, 255).astype(np.uint8)
    path = root / f"class{label if filed_under is None else filed_under}" / f"{label}-{number}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).resize((24, 24), Image.Resampling.NEAREST).save(path)
    return path


@pytest.fixture
def colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facies.models.embedder.load_embedder", lambda card, **_: ColourEmbedder(card))


@pytest.fixture
def indexed(run: Run, colours: None, tmp_path: Path) -> Run:
    for label in range(CLASSES):
        for number in range(EACH):
            draw(tmp_path / "in", label, number)
    report = run(index_app, str(tmp_path / "in"), "-c", "g", "--labels", "folder", "--model", CARD)
    assert report["indexed"] == IMAGES
    return run


def vectors(run: Run) -> list[str]:
    return [one["name"] for one in run(collections_app, "show", "g")["vectors"]]


def test_a_dry_run_measures_and_changes_nothing(indexed: Run) -> None:
    report = indexed(collections_app, "adapt", "g", "--dry-run")
    assert (report["helps"], report["vector"], report["labels"], report["classes"]) == (True, "", IMAGES, CLASSES)
    assert report["figures"].keys() == {"adapted", CARD}
    assert report["figures"]["adapted"]["map"] > report["figures"][CARD]["map"]
    assert report["gains"][CARD]["map"][1] > 0
    assert vectors(indexed) == [CARD]
    text = " ".join(indexed(collections_app, "adapt", "g", "--dry-run", as_json=False).split())
    assert f"{IMAGES} labels of {CLASSES} classes, 20% held out, ten times" in text
    assert f"gain over {CARD}: F1 +" in text
    assert "collection g: it helps; nothing was changed" in text


def test_it_stands_beside_and_is_searched_by_name(indexed: Run, tmp_path: Path) -> None:
    report = indexed(collections_app, "adapt", "g")
    assert (report["vector"], report["source"], report["written"], report["is_default"]) == (ONE, CARD, IMAGES, False)
    assert vectors(indexed) == [CARD, ONE]
    draw(tmp_path / "in", 0, 100)
    assert indexed(index_app, str(tmp_path / "in"), "-c", "g", "--labels", "folder")["indexed"] == 1

    uploads = [draw(tmp_path / "elsewhere", label, 500 + n) for label in range(CLASSES) for n in range(3)]
    found = {name: [search(indexed, upload, name) for upload in uploads] for name in (CARD, ONE)}
    right = {name: sum(map(count_right, uploads, answers)) for name, answers in found.items()}
    assert right[ONE] > right[CARD]
    assert {answer["vector"] for answer in found[ONE]} == {ONE}
    by_id = search(indexed, found[ONE][0]["neighbours"][0]["id"], ONE)
    assert (by_id["vector"], len(by_id["neighbours"])) == (ONE, 10)
    with open_workspace(Settings(data_dir=tmp_path / "data")) as workspace:
        assert workspace.store.count("g", lacking=ONE) == 0


def search(run: Run, query: object, vector: str) -> dict[str, Any]:
    found: dict[str, Any] = run(search_app, str(query), "-c", "g", "--k", "10", "--vector", vector)
    return found


def count_right(upload: Path, found: dict[str, Any]) -> int:
    return sum(one["label"] == upload.parent.name for one in found["neighbours"])


def test_what_it_was_taught_does_not_measure_it(indexed: Run, tmp_path: Path) -> None:
    indexed(collections_app, "adapt", "g")
    with pytest.raises(ConfigurationError, match=f"{ONE} has learnt from these very labels"):
        indexed(evaluate_app, "-c", "g", "--compare", CARD, ONE)
    upload = draw(tmp_path / "elsewhere", 1, 500)
    percentiles = {name: [n["percentile"] for n in search(indexed, upload, name)["neighbours"]] for name in (CARD, ONE)}
    assert None not in percentiles[CARD]
    assert set(percentiles[ONE]) == {None}


def test_it_is_the_default_when_asked_and_is_fitted_anew(indexed: Run, tmp_path: Path) -> None:
    report = indexed(collections_app, "adapt", "g", "--default")
    assert (report["vector"], report["is_default"]) == (ONE, True)
    assert vectors(indexed) == [ONE, CARD]
    for number in range(5):
        draw(tmp_path / "in", 1, 200 + number)
    indexed(index_app, str(tmp_path / "in"), "-c", "g", "--labels", "folder")
    again = indexed(collections_app, "adapt", "g")
    assert (again["vector"], again["replaced"], again["is_default"]) == (TWO, ONE, True)
    assert "fits anew" in again["notes"][-1]


def test_labels_that_mean_nothing_give_no_head_unless_forced(run: Run, colours: None, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(IMAGES):
        draw(tmp_path / "in", 0, number, filed_under=int(rng.integers(3)))
    run(index_app, str(tmp_path / "in"), "-c", "g", "--labels", "folder", "--model", CARD)
    report = run(collections_app, "adapt", "g", "--default")
    assert (report["helps"], report["vector"], report["projection"]) == (False, "", "")
    assert vectors(run) == [CARD]
    text = run(collections_app, "adapt", "g", as_json=False)
    said = " ".join(text.split())
    assert f"it does not help: it finds no more than {CARD} beyond chance (mAP from -" in said
    assert said.endswith("nothing was changed")
    forced = run(collections_app, "adapt", "g", "--default", "--force")
    assert (forced["helps"], forced["vector"], forced["is_default"]) == (False, ONE, False)
    assert any("not made the default, since it does not help" in note for note in forced["notes"])


def test_what_does_not_fit_is_said(indexed: Run, tmp_path: Path) -> None:
    with pytest.raises(CollectionNotFoundError):
        indexed(collections_app, "adapt", "nowhere")
    with pytest.raises(QueryError, match=f"There are: {CARD}"):
        indexed(collections_app, "adapt", "g", "--vector", "x")
    with pytest.raises(ConfigurationError, match="no labelled image has a value in column 'slide'"):
        indexed(collections_app, "adapt", "g", "--group", "slide")
    with pytest.raises(ConfigurationError, match="give --group COLUMN too"):
        indexed(collections_app, "adapt", "g", "--group-parts", "1")
    indexed(index_app, str(draw(tmp_path / "one", 0, 900)), "-c", "h", "--model", CARD)
    with pytest.raises(QueryError, match="no image with a validated label"):
        indexed(collections_app, "adapt", "h")
