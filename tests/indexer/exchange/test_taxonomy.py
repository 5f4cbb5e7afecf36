"""The taxonomy of a collection on its way through a file, and to a copy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from facies.core.errors import SourceError
from facies.core.settings import Settings
from facies.core.taxonomy import Span, Taxon, Taxonomy
from facies.core.workspace import Workspace, open_workspace
from facies.indexer.exchange.copying import copy_collection
from facies.indexer.exchange.exporting import export_collection
from facies.indexer.exchange.importing import import_collection
from facies.indexer.exchange.taxonomy import KEY, read_taxonomy_entry, write_taxonomy_entry

FIGURES = Taxonomy(
    "figures",
    "a few figures",
    (Taxon("plots", "group"), Taxon("l0", None, "plots", "L", ("elle\u0301",), Span(1, 2.5))),
    source="drawn up",
    licence="CC0",
)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Workspace]:
    with open_workspace(Settings(data_dir=tmp_path / "elsewhere")) as opened:
        yield opened


def export(workspace: Workspace, path: Path) -> Path:
    export_collection(workspace, "g", path)
    return path


def test_it_comes_with_the_collection(gallery: Workspace, elsewhere: Workspace, tmp_path: Path) -> None:
    gallery.catalog.add_taxonomy(FIGURES)
    gallery.catalog.use_taxonomy("g", "figures")
    report = import_collection(elsewhere, export(gallery, tmp_path / "g.parquet"))
    assert elsewhere.catalog.taxonomy_of("g") == FIGURES
    assert "the taxonomy 'figures' came with it and was stored" in report.notes
    again = import_collection(elsewhere, tmp_path / "g.parquet", name="again")
    assert elsewhere.catalog.taxonomy_of("again") == FIGURES
    assert not any("taxonomy" in note for note in again.notes)


def test_one_that_comes_with_facies_is_used(gallery: Workspace, elsewhere: Workspace, tmp_path: Path) -> None:
    gallery.catalog.use_taxonomy("g", "intel-scenes")
    report = import_collection(elsewhere, export(gallery, tmp_path / "g.parquet"))
    assert elsewhere.catalog.collection("g").taxonomy == "intel-scenes"
    assert not any("taxonomy" in note for note in report.notes)


def test_one_of_the_same_name_is_never_replaced(gallery: Workspace, elsewhere: Workspace, tmp_path: Path) -> None:
    gallery.catalog.add_taxonomy(FIGURES)
    gallery.catalog.use_taxonomy("g", "figures")
    other = Taxonomy("figures", "others", (Taxon("map"),))
    elsewhere.catalog.add_taxonomy(other)
    report = import_collection(elsewhere, export(gallery, tmp_path / "g.parquet"))
    assert elsewhere.catalog.taxonomy("figures") == other
    assert elsewhere.catalog.taxonomy_of("g") is None
    assert any("has other taxa here, so it uses none now" in note for note in report.notes)


def test_without_one_a_file_says_nothing(gallery: Workspace, elsewhere: Workspace, tmp_path: Path) -> None:
    file = export(gallery, tmp_path / "g.parquet")
    assert KEY not in pq.read_metadata(file).metadata
    import_collection(elsewhere, file)
    assert elsewhere.catalog.taxonomy_of("g") is None
    assert (write_taxonomy_entry(None), read_taxonomy_entry({}, "g.parquet")) == ({}, None)


@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{}", b'{"name": "a", "table": ""}', b'{"name": "a", "table": "name,parent\\na,b\\n"}']
)
def test_a_damaged_entry_is_refused(text: bytes) -> None:
    with pytest.raises(SourceError, match=r"g\.parquet: the taxonomy that it says it uses is damaged"):
        read_taxonomy_entry({KEY: text}, "g.parquet")


def test_a_copy_uses_the_same(gallery: Workspace) -> None:
    gallery.catalog.use_taxonomy("g", "intel-scenes")
    copy_collection(gallery, "g", "h")
    assert gallery.catalog.collection("h").taxonomy == "intel-scenes"
