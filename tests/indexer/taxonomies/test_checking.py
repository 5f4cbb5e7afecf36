from __future__ import annotations

from pathlib import Path

import pytest

from facies.core.errors import CollectionNotFoundError, TaxonomyNotFoundError
from facies.core.workspace import Workspace
from facies.indexer.taxonomies.checking import check_labels, require_taxonomy
from tests.indexer.conftest import Draw, Index


def test_labels_of_folders_are_held_against_the_taxonomy(
    workspace: Workspace, draw: Draw, index: Index, tmp_path: Path
) -> None:
    for number, label in enumerate(["azolla", "azolla", "Areoligera", "areoligra", "what is this"]):
        draw(f"in/{label}/{number}.png", number)
    index(tmp_path / "in", labels="folder")
    workspace.catalog.use_taxonomy("c", "scampi-20")
    found = check_labels(workspace.catalog, "c")
    assert (found.collection, found.taxonomy) == ("c", "scampi-20")
    assert [(match.label, match.images, match.kind, match.name) for match in found.matches] == [
        ("azolla", 2, "name", "azolla"),
        ("Areoligera", 1, "spelling", "areoligera"),
        ("areoligra", 1, "misspelling", None),
        ("what is this", 1, "unknown", None),
    ]


def test_a_collection_without_a_taxonomy_says_how_to_get_one(
    workspace: Workspace, draw: Draw, index: Index, tmp_path: Path
) -> None:
    draw("in/a/1.png", 1)
    index(tmp_path / "in", labels="folder")
    with pytest.raises(TaxonomyNotFoundError, match=r"'c' uses no taxonomy.*`facies taxonomy use NAME -c c`"):
        check_labels(workspace.catalog, "c")
    with pytest.raises(CollectionNotFoundError):
        require_taxonomy(workspace.catalog, "none")
