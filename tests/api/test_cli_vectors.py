"""The commands over real parts: a packaged network run in two ways, an embedded store."""

from __future__ import annotations

from pathlib import Path

import pytest

from facies.api.cli import classify_app, collections_app, search_app
from facies.core.errors import CatalogError, ConfigurationError, FingerprintMismatchError, QueryError
from facies.core.settings import Settings
from facies.core.workspace import open_workspace
from facies.indexer.cli import index_app

from .conftest import CARD, Run

NEW = "lite0-bf16"


@pytest.fixture
def indexed(run: Run, small: Path) -> Run:
    """The images in collection ``g``, embedded in f32."""
    assert run(index_app, str(small), "-c", "g", "--labels", "folder", "--model", CARD)["indexed"] == 6
    return run


def test_a_collection_is_embedded_again_in_another_precision(
    indexed: Run, small: Path, gallery: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way: refused under the old name, made under a new one, used by every command, the old one gone."""
    query = str(small / "well_log" / "0.png")
    before = indexed(search_app, query, "-c", "g", "--k", "4")
    monkeypatch.setenv("FACIES_MODELS__PRECISION", "bf16")
    with pytest.raises(ConfigurationError, match="--as VECTOR"):
        indexed(collections_app, "add-model", "g", "--model", CARD)
    added = indexed(collections_app, "add-model", "g", "--model", CARD, "--as", NEW, "--default")
    assert (added["vector"], added["embedded"], added["is_default"]) == (NEW, 6, True)
    monkeypatch.delenv("FACIES_MODELS__PRECISION")

    after = indexed(search_app, query, "-c", "g", "--k", "4")
    assert (before["vector"], after["vector"]) == (CARD, NEW)
    assert after["neighbours"][0]["id"] == before["neighbours"][0]["id"]
    assert after["neighbours"][1]["similarity"] != before["neighbours"][1]["similarity"]
    assert indexed(search_app, query, "-c", "g", "--k", "4", "--vector", CARD) == before

    (small / "well_log" / "new.png").write_bytes((gallery / "well_log" / "5.png").read_bytes())
    report = indexed(index_app, str(small), "-c", "g", "--labels", "folder")
    assert (report["indexed"], report["unchanged"]) == (1, 6)
    assert [f"add-model g --model {CARD}`" in note for note in report["notes"]] == [True]

    dropped = indexed(collections_app, "drop-model", "g", CARD)
    assert (dropped["vector"], dropped["remaining"], dropped["notes"]) == (CARD, [NEW], [])
    shown = indexed(collections_app, "show", "g")["vectors"]
    assert [(v["name"], v["fingerprint"]["card"], v["fingerprint"]["precision"]) for v in shown] == [
        (NEW, CARD, "bf16")
    ]
    named = indexed(classify_app, str(small / "well_log" / "new.png"), "-c", "g", "--k", "3")
    assert named["predictions"][0]["top"][0]["label"] == "well_log"
    with pytest.raises(QueryError, match=f"There are: {NEW}"):
        indexed(search_app, query, "-c", "g", "--vector", CARD)


def test_an_export_keeps_the_name(indexed: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACIES_MODELS__PRECISION", "bf16")
    indexed(collections_app, "add-model", "g", "--model", CARD, "--as", NEW, "--default")
    assert indexed(collections_app, "export", "g", str(tmp_path / "g.parquet"))["vectors"] == {NEW: 6, CARD: 6}
    imported = indexed(collections_app, "import", str(tmp_path / "g.parquet"), "--as", "h")
    assert imported["vectors"] == {NEW: 6, CARD: 6}
    assert indexed(collections_app, "show", "h")["vectors"] == indexed(collections_app, "show", "g")["vectors"]


def test_what_does_not_fit_is_said_before_a_network_is_loaded(indexed: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a network was loaded")

    monkeypatch.setattr("facies.models.embedder.load_embedder", refuse)
    with pytest.raises(ConfigurationError, match="'a b' cannot name a vector"):
        indexed(collections_app, "add-model", "g", "--model", CARD, "--as", "a b")
    with pytest.raises(FingerprintMismatchError, match=f"stored {CARD}, now efficientnet-lite1.*--as NAME"):
        indexed(collections_app, "add-model", "g", "--model", "efficientnet-lite1", "--as", CARD)
    unchanged = indexed(collections_app, "add-model", "g", "--model", CARD, "--default")
    assert (unchanged["embedded"], unchanged["is_default"]) == (0, True)


def test_what_cannot_be_dropped_is_said_with_the_remedy(run: Run, tmp_path: Path, indexed: Run) -> None:
    with pytest.raises(CatalogError, match="is the only vector"):
        run(collections_app, "drop-model", "g", CARD)
    with pytest.raises(QueryError, match=f"There are: {CARD}"):
        run(collections_app, "drop-model", "g", "none")
    with open_workspace(Settings(data_dir=tmp_path / "data")) as workspace:
        assert workspace.store.count("g", lacking=CARD) == 0
