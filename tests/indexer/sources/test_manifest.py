"""CSV and TSV manifests as sources."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facies.core.errors import SourceError
from facies.indexer.sources import (
    ManifestSource,
    SourceItem,
    Unusable,
    open_source,
)
from facies.indexer.sources.columns import cell_kind, fit, read_cell, widest
from tests.indexer.conftest import Draw

from .conftest import items


def test_a_manifest_row_that_is_no_path_is_listed(draw: Draw, tmp_path: Path) -> None:
    draw("1.png", 1)
    (tmp_path / "m.csv").write_text(f"path\n1.png\na\0b.png\n{'x' * 300}.png\n")
    for within in (None, [tmp_path]):
        first, nul, long = list(open_source(str(tmp_path / "m.csv"), within=within))
        assert isinstance(first, SourceItem)
        assert isinstance(nul, Unusable)
        assert "NUL" in nul.reason
        assert isinstance(long, Unusable)
        assert "too long" in long.reason


def write_manifest(tmp_path: Path, text: str, name: str = "m.csv", encoding: str = "utf-8") -> ManifestSource:
    (tmp_path / name).write_text(text, encoding=encoding)
    source = open_source(str(tmp_path / name), labels="manifest" if "label" in text.splitlines()[0] else "none")
    assert isinstance(source, ManifestSource)
    return source


def test_manifest_rows_with_labels_and_typed_metadata(draw: Draw, tmp_path: Path) -> None:
    one = draw("grains/1.png", 1)
    draw("grains/2.png", 2)
    source = write_manifest(
        tmp_path,
        "file,label,well,depth_m,um_per_px,slide,box\n"
        f"grains/1.png,areoligera,6407/6-5,1200,0.25,007,1\n"
        f"{tmp_path}/grains/2.png,,6407/6-5,1201.5,nan,8,\n"
        "grains/3.png,x,,,,,\n"
        ",x,,,,,\n"
        "\n"
        "grains/1.png,a,b,c,d,e,f,g\n"
        "grains,x,,,,,\n",
    )
    first, second, missing, unnamed, wide, folder = list(source)
    assert isinstance(first, SourceItem)
    assert (first.uri, first.label, first.name) == (str(one), "areoligera", "grains/1.png")
    assert dict(first.metadata) == {"well": "6407/6-5", "depth_m": 1200.0, "um_per_px": 0.25, "slide": "007", "box": 1}
    assert isinstance(second, SourceItem)
    assert second.label is None
    assert dict(second.metadata) == {"well": "6407/6-5", "depth_m": 1201.5, "slide": "8"}
    assert isinstance(missing, Unusable)
    assert missing.uri == str(tmp_path / "grains/3.png")
    assert isinstance(unnamed, Unusable)
    assert unnamed.uri.endswith("m.csv:5")
    assert isinstance(wide, Unusable)
    assert isinstance(folder, Unusable)
    assert source.count() == 6
    assert source.fields == {
        "well": "keyword",
        "depth_m": "float",
        "um_per_px": "float",
        "slide": "keyword",
        "box": "integer",
    }


@pytest.mark.parametrize(
    ("text", "name", "encoding"),
    [
        ("path\tlabel\n1.png\tå\n", "m.tsv", "utf-8"),
        ("path;label\n1.png;å\n", "m.csv", "utf-8-sig"),
        ('"path","label"\r\n"1.png","å"\r\n', "m.csv", "utf-8"),
        ("image,label\n./1.png, å \n", "m.csv", "utf-8"),
    ],
)
def test_manifest_dialects(text: str, name: str, encoding: str, draw: Draw, tmp_path: Path) -> None:
    draw("1.png", 1)
    (item,) = items(iter(write_manifest(tmp_path, text, name, encoding)))
    assert (item.uri, item.label) == (str(tmp_path / "1.png"), "å")


@pytest.mark.parametrize(
    ("text", "labels", "match"),
    [
        ("", "none", "no column named path, file, image"),
        ("name,label\n", "none", "no column named"),
        ("path,sha256,id\n", "none", "id, sha256"),
        ("path,a,a\n", "none", "several columns named 'a'"),
        ("path,well\n", "manifest", "no column 'label'"),
    ],
)
def test_manifest_headers_that_are_refused(text: str, labels: str, match: str, tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(text)
    with pytest.raises(SourceError, match=match):
        open_source(str(tmp_path / "m.csv"), labels=labels)  # type: ignore[arg-type]  # a parametrised literal


def test_manifest_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_bytes("path,well\n1.png,Bjørn\n".encode("latin-1"))
    with pytest.raises(SourceError, match="not UTF-8"):
        open_source(str(tmp_path / "m.csv"))


def test_manifest_labels_from_folders(draw: Draw, tmp_path: Path) -> None:
    draw("a/b/1.png", 1)
    two = draw("c/2.png", 2)
    (tmp_path / "m.csv").write_text(f"path,label\na/b/1.png,x\n{two},x\n")
    entries = items(iter(open_source(str(tmp_path / "m.csv"), labels="folder")))
    assert [item.label for item in entries] == ["a/b", "c"]


@given(st.text(alphabet="+-.0123456789eEnaif _", max_size=8))
def test_cells_are_read_as_their_kind_says(cell: str) -> None:
    kind = cell_kind(cell)
    if kind == "integer":
        assert read_cell(cell, kind) == int(cell)
    elif kind == "float":
        assert read_cell(cell, kind) == float(cell)
    elif kind == "keyword":
        assert read_cell(cell, kind) == cell.strip()
    else:
        assert read_cell(cell, "float") is None


@given(st.lists(st.sampled_from(["keyword", "integer", "float"]), min_size=1), st.sampled_from(["1", "1.5", "x"]))
def test_the_widest_kind_holds_every_cell(kinds: list[str], cell: str) -> None:
    kind = widest([*kinds, cell_kind(cell)])  # type: ignore[list-item]  # literals, as strategies give them
    value = read_cell(cell, kind)
    assert fit({"field": value}, {"field": kind}) == {"field": value}  # type: ignore[dict-item]  # the cell is not empty
