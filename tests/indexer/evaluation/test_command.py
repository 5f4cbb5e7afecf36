"""The command from its options to what it prints and writes, with a small embedder in the network's place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from facies.core.errors import ConfigurationError, QueryError, UnknownModelError
from facies.core.settings import Settings
from facies.core.workspace import open_workspace
from facies.indexer.evaluation import gallery as module
from facies.indexer.evaluation.command import run
from facies.indexer.evaluation.order import Order
from facies.indexer.pipeline import index_source
from facies.indexer.sources import open_source
from facies.models.card_recipes import CardRecipe
from facies.models.recipes import PLAIN
from tests.indexer.conftest import PixelEmbedder

CARD = "efficientnet-lite0"


@pytest.fixture(autouse=True)
def _pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recipe ``short`` gives shorter vectors; any other gives those of the collection."""

    def load(_card: str, recipe: str, *_: object) -> tuple[PixelEmbedder, CardRecipe]:
        return PixelEmbedder(4 if recipe == "short" else 16), CardRecipe(recipe, PLAIN, whitened=False)

    monkeypatch.setattr(module, "_load", load)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three classes of ten images, each of its own colour, and a file that is none."""
    rng = np.random.default_rng(0)
    for label, colour in (("red", (200, 60, 60)), ("green", (60, 200, 60)), ("grey", (120, 120, 120))):
        (tmp_path / "in" / label).mkdir(parents=True)
        for i in range(10):
            pixels = np.clip(np.array(colour) + rng.normal(0, 60, (16, 16, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "in" / label / f"{i}.png")
    (tmp_path / "in" / "red" / "bad.png").write_bytes(b"no image")
    return tmp_path / "in"


@pytest.fixture
def collection(folder: Path, tmp_path: Path) -> str:
    with open_workspace(Settings(data_dir=tmp_path / "data")) as workspace:
        index_source(workspace, PixelEmbedder(), "c", open_source(str(folder), labels="folder"))
    return "c"


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


def test_a_folder_with_everything_written(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dump, report = tmp_path / "d.npz", tmp_path / "r.html"
    order = Order(str(folder), model=CARD, recipe="fast", dump=dump, report=report, as_json=True)
    assert run(order) == 0
    found = printed(capsys)
    assert (found["source"], found["images"], found["classes"], found["recipe"]) == (str(folder), 30, 3, "fast")
    assert found["reranked_by"] is None
    assert [Path(failure["path"]).name for failure in found["failures"]] == ["bad.png"]
    assert found["nn_f1"] > 0.8
    assert found["seconds"] > 0
    with np.load(dump) as read:
        assert read["ranked"].shape == (30, 29)
    assert "data:image/jpeg" in report.read_text(encoding="utf-8")
    assert not (tmp_path / "data").exists()
    for asked, method in (({"rerank": True}, "diffusion"), ({"rerank_by": "query_expansion"}, "query_expansion")):
        run(Order(str(folder), model=CARD, as_json=True, **asked))
        assert printed(capsys)["reranked_by"] == method


def test_labelling_by_itself_is_measured(folder: Path, collection: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(Order(str(folder), model=CARD, protocol="autolabel", precisions=(0.8,), as_json=True))
    embedded = printed(capsys)
    assert (embedded["protocol"], embedded["precision"], embedded["classes"]) == ("autolabel", 0.8, 3)
    assert [Path(failure["path"]).name for failure in embedded["failures"]] == ["bad.png"]
    run(Order(collection=collection, protocol="autolabel", as_json=True))
    stored = printed(capsys)
    assert [one["precision"] for one in stored["precisions"]] == [0.9, 0.95, 0.99]


def test_the_effort_of_growing_is_measured(folder: Path, collection: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(Order(str(folder), model=CARD, protocol="bisection", precisions=(0.8,), as_json=True))
    embedded = printed(capsys)
    assert (embedded["protocol"], embedded["precision"], embedded["classes"]) == ("bisection", 0.8, 3)
    assert [page["page"] for page in embedded["pages"]] == [20, 10, 50]
    assert run(Order(collection=collection, protocol="bisection")) == 0
    assert "actions per 1,000 labels" in " ".join(capsys.readouterr().out.split())


def test_groups_of_unknown_classes_are_measured(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(Order(str(folder), model=CARD, protocol="unknowns", as_json=True))
    found = printed(capsys)
    assert (found["protocol"], found["classes"], found["unknown_classes"], found["splits"]) == ("unknowns", 3, 1, 10)
    assert 0 <= found["beyond"] <= 1


def test_without_json_a_person_reads_tables(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(Order(str(folder), model=CARD)) == 0
    out = capsys.readouterr().out
    for said in ("nearest neighbour, macro F1", "P@n_k", "green", "could not be used"):
        assert said in out


def test_stored_vectors_are_those_that_embedding_gives(
    collection: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(Order(str(folder), model=CARD, as_json=True))
    embedded = printed(capsys)
    run(Order(collection=collection, as_json=True))
    stored = printed(capsys)
    assert (stored["collection"], stored["model"], stored["images_per_s"]) == ("c", "pixels", None)
    assert stored["p_at_nk"] == pytest.approx(embedded["p_at_nk"])
    run(Order(collection=collection, model=CARD, as_json=True))
    again = printed(capsys)
    assert again["p_at_nk"] == pytest.approx(embedded["p_at_nk"])
    assert again["images_per_s"] > 0


def test_recipes_are_compared_and_one_recommended(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "r.html"
    run(Order(str(folder), model=CARD, recipe="long", compare=(f"{CARD}:short",), report=report, as_json=True))
    found = printed(capsys)
    assert [one["name"] for one in found["compared"]] == [f"{CARD}:long", f"{CARD}:short"]
    assert found["recommended"] in {f"{CARD}:long", f"{CARD}:short"}
    assert found["recipe"] == found["recommended"].split(":")[1]
    assert {"nn_f1", "p_at_nk", "pr_auc", "balanced_accuracy", "lr_f1", "map"} <= found.keys()
    assert "Recipes compared" in report.read_text(encoding="utf-8")


def test_a_collection_compares_stored_with_embedded(collection: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(Order(collection=collection, compare=("pixels", f"{CARD}:short")))
    out = capsys.readouterr().out
    assert "recommended: " in out
    assert "stored" in out
    run(Order(collection=collection, compare=(f"{CARD}:short", "pixels"), as_json=True))
    found = printed(capsys)
    assert [one["name"] for one in found["compared"]] == [f"{CARD}:short", "pixels"]
    assert found["compared"][1]["images_per_s"] is None


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        ({"model": "no-such-card"}, UnknownModelError, "no-such-card"),
        ({"compare": ("no-such-card",)}, UnknownModelError, "no-such-card"),
        ({"group": "well"}, ConfigurationError, "no columns"),
        ({"model": None}, ConfigurationError, "--model CARD"),
    ],
)
def test_wrong_orders(change: dict[str, Any], kind: type[Exception], message: str, folder: Path) -> None:
    with pytest.raises(kind, match=message):
        run(Order(**({"source": str(folder), "model": CARD} | change)))


def test_classes_that_are_too_small_or_too_few(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (folder / "grey").glob("[1-9].png"):
        path.unlink()
    run(Order(str(folder), model=CARD, as_json=True))
    found = printed(capsys)
    assert (found["classes"], found["images"]) == (2, 20)
    assert found["notes"][-1].endswith(": grey")
    for path in (folder / "green").iterdir():
        path.unlink()
    with pytest.raises(QueryError, match="1 class"):
        run(Order(str(folder), model=CARD))
