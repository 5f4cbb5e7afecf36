from __future__ import annotations

from pathlib import Path

from facies.core.records import LabelBatch
from facies.core.workspace import Workspace
from facies.indexer.labelling.giving import undo_labels

from .conftest import Draw, Index


def test_the_labels_of_a_run_are_one_batch_that_says_where_they_come_from(
    workspace: Workspace, draw: Draw, index: Index, tmp_path: Path
) -> None:
    for i in range(20):
        draw(f"in/{'ab'[i % 2]}/{i}.png", i)
    index(tmp_path / "in", labels="folder")
    (batch,) = workspace.catalog.label_batches("c")
    assert (batch.source, batch.images, batch.provenance) == ("import", 20, {"origin": str(tmp_path / "in")})
    assert index(tmp_path / "in", labels="folder").unchanged == 20
    assert len(workspace.catalog.label_batches("c")) == 1


def test_labels_that_were_taken_back_do_not_come_again_with_the_next_run(
    workspace: Workspace, draw: Draw, index: Index, tmp_path: Path
) -> None:
    for i in range(6):
        draw(f"in/a/{i}.png", i)
    index(tmp_path / "in", labels="folder")
    (batch,) = workspace.catalog.label_batches("c")
    undo_labels(workspace, "c", batch.number, LabelBatch("undo", "ann"))
    index(tmp_path / "in", labels="folder")
    assert workspace.catalog.label_counts("c") == workspace.store.facet("c", "label") == {}
