from __future__ import annotations

from pathlib import Path

import pytest

from facies.core.errors import CollectionNotFoundError, ConfigurationError, QueryError
from facies.core.records import Metadata
from facies.core.workspace import Workspace
from facies.indexer.evaluation.subjects import Grouping, list_collection, list_source
from facies.indexer.sources import Labels, open_source
from tests.indexer.conftest import Draw, Index, write_tiff


def manifest(folder: Path, *lines: str) -> str:
    path = folder / "m.csv"
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def test_a_folder_gives_what_has_a_label(draw: Draw, tmp_path: Path) -> None:
    for name in ("in/a/1.png", "in/a/2.png", "in/b/3.png", "in/loose.png"):
        draw(name, 1)
    (tmp_path / "in" / "README.md").write_text("not counted")
    found = list_source(open_source(str(tmp_path / "in"), labels="folder"))
    assert [(item.name, item.label) for item in found.items] == [("a/1.png", "a"), ("a/2.png", "a"), ("b/3.png", "b")]
    assert found.notes == ("1 images without a validated label take no part",)
    assert found.groups is None


def test_a_manifest_gives_groups_and_what_it_cannot_give(draw: Draw, tmp_path: Path) -> None:
    draw("1.png", 1)
    draw("2.png", 2)
    rows = ("path,label,source", "1.png,a,x/one", "2.png,a,", "1.png,b,x/two", "gone.png,a,x/one")
    source = open_source(manifest(tmp_path, *rows), labels="manifest")
    found = list_source(source, Grouping("source", 1))
    assert [item.label for item in found.items] == ["a", "a"]
    assert [failure.reason.split(",")[0] for failure in found.failures] == [
        "the source names it a second time",
        "the manifest names it",
    ]
    assert found.groups is not None
    assert found.groups[str(tmp_path / "1.png")] == "x"
    assert "each counts as a group of its own" in found.notes[0]
    assert len(set(found.groups.values())) == 2


@pytest.mark.parametrize(
    ("labels", "grouping", "message"),
    [("none", None, "has a label"), ("folder", Grouping("well"), "no columns"), ("folder", None, "")],
)
def test_a_folder_without_labels_or_columns(
    labels: Labels, grouping: Grouping | None, message: str, draw: Draw, tmp_path: Path
) -> None:
    draw("in/a/1.png", 1)
    source = open_source(str(tmp_path / "in"), labels=labels)
    if not message:
        assert len(list_source(source, grouping).items) == 1
        return
    with pytest.raises(ConfigurationError, match=message):
        list_source(source, grouping)


def test_an_unknown_column_is_refused_with_those_there_are(draw: Draw, tmp_path: Path) -> None:
    draw("1.png", 1)
    source = open_source(manifest(tmp_path, "path,label,well,slide", "1.png,a,w,s"), labels="manifest")
    with pytest.raises(ConfigurationError, match="There are: slide, well"):
        list_source(source, Grouping("source"))


def test_a_collection_gives_its_validated_images(
    draw: Draw, index: Index, workspace: Workspace, tmp_path: Path
) -> None:
    draw("in/a/1.png", 1)
    draw("in/2.png", 2)
    write_tiff(tmp_path / "in" / "a" / "pages.tif", 2)
    index(tmp_path / "in", labels="folder")
    found = list_collection(workspace, "c")
    assert [(item.name, item.label) for item in found.items] == [("a/1.png", "a")]
    assert list(found.ids) == [found.items[0].uri]
    assert workspace.catalog.image("c", found.ids[found.items[0].uri]).label == "a"
    assert [note.split(" a validated")[0].split(" vectors")[0] for note in found.notes] == [
        "1 images without",
        "2 images take part with stored",
    ]


def test_a_collection_without_labels_says_what_to_do(draw: Draw, index: Index, workspace: Workspace) -> None:
    with pytest.raises(CollectionNotFoundError):
        list_collection(workspace, "c")
    index(draw("1.png", 1))
    with pytest.raises(QueryError, match="Label some"):
        list_collection(workspace, "c")


def test_groups_of_whole_values_and_of_parts() -> None:
    metadata: Metadata = {"source": "a/b/c", "depth": 12}
    assert [Grouping("source", parts).group_of(metadata) for parts in (None, 1, 2)] == ["a/b/c", "a", "a/b"]
    assert Grouping("depth").group_of(metadata) == "12"
    assert Grouping("well").group_of(metadata) is None
