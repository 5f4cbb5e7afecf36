from __future__ import annotations

from pathlib import Path

import pytest

from facies.core.actors import Actor
from facies.core.errors import QueryError, TaxonomyNotFoundError, UnknownTaxonError
from facies.core.filters import Equals
from facies.core.records import ImageRecord, Label, LabelBatch
from facies.core.workspace import Workspace
from facies.indexer.labelling.giving import give_labels, undo_labels
from facies.indexer.taxonomies.merging import Merged, merge_labels
from tests.indexer.conftest import Draw, Index

ANN = Actor("Ann")
Said = tuple[str | None, str | None]


@pytest.fixture
def grains(workspace: Workspace, draw: Draw, index: Index, tmp_path: Path) -> Workspace:
    """Eight images: right, capitalised, misspelt and unknown names; one is predicted, one rejected, one is nothing."""
    labels = ["azolla", "Areoligera", "areoligra", "areoligra", "debris", "spiniferites", "p", "r"]
    for number, label in enumerate(labels):
        draw(f"in/{label}/{number}.png", number)
    index(tmp_path / "in", labels="folder")
    named = {record.label: record.id for record in workspace.catalog.iter_images("c")}
    extra = {
        named["p"]: Label("areoligra", "predicted", confidence=0.75, novelty=0.5, neighbours=(named["azolla"],)),
        named["r"]: Label("areoligra", "rejected"),
    }
    (first,) = (batch.number for batch in workspace.catalog.label_batches("c"))
    undo_labels(workspace, "c", first, LabelBatch("undo", "test"))
    kept = {id_: Label(str(label), "validated") for label, id_ in named.items() if label not in {"p", "r"}}
    kept |= {record.id: Label("areoligra", "validated") for record in misspelt_files(workspace)}
    give_labels(workspace, "c", kept, LabelBatch("person", "test"))
    give_labels(workspace, "c", extra, LabelBatch("votes", "test"))
    workspace.catalog.use_taxonomy("c", "scampi-20")
    return workspace


def misspelt_files(workspace: Workspace) -> list[ImageRecord]:
    return [record for record in workspace.catalog.iter_images("c") if "/areoligra/" in record.uri]


def said(workspace: Workspace) -> dict[str, Said]:
    return {record.id: (record.label, record.state) for record in workspace.catalog.iter_images("c")}


def test_a_confirmed_pair_becomes_one_batch_that_can_be_undone(grains: Workspace) -> None:
    before = said(grains)
    found = merge_labels(grains, "c", {"areoligra": "AREOLIGERA"}, ANN)
    assert found == Merged("scampi-20", found.batch, 4, {"areoligra": "areoligera"})
    assert found.batch is not None
    expected = {id_: ("areoligera" if label == "areoligra" else label, state) for id_, (label, state) in before.items()}
    assert said(grains) == expected
    assert sorted(str(state) for label, state in expected.values() if label == "areoligera") == [
        "predicted",
        "rejected",
        "validated",
        "validated",
    ]
    batch = grains.catalog.label_batch("c", found.batch)
    assert (batch.source, batch.actor, batch.verified, batch.images) == ("person", "Ann", False, 4)
    assert batch.provenance == {"taxonomy": "scampi-20", "merged": {"areoligra": "areoligera"}}
    undo_labels(grains, "c", found.batch, LabelBatch("undo", "Ann"))
    assert said(grains) == before


def test_filters_find_the_new_names_at_once(grains: Workspace) -> None:
    merge_labels(grains, "c", {"areoligra": "areoligera"}, ANN)
    assert grains.store.count("c", Equals("label", "areoligra")) == 0
    assert grains.store.count("c", Equals("label", "areoligera")) == 4


def test_what_was_said_beside_the_label_stays(grains: Workspace) -> None:
    before = [record for record in grains.catalog.iter_images("c") if record.state == "predicted"]
    merge_labels(grains, "c", {"areoligra": "areoligera"}, ANN)
    (one,) = before
    after = grains.catalog.label_history("c", one.id)[-1].label
    assert (after.label, after.confidence, after.novelty) == ("areoligera", 0.75, 0.5)
    assert len(after.neighbours) == 1


def test_everything_certain_is_merged_at_once(grains: Workspace) -> None:
    found = merge_labels(grains, "c", {}, ANN, settled=True)
    assert (found.images, found.pairs) == (1, {"Areoligera": "areoligera"})
    labels = grains.catalog.label_counts("c")
    assert labels["debris"] == 1
    assert labels["areoligra"] == 4, "a misspelling is never merged without a person"
    again = merge_labels(grains, "c", {}, ANN, settled=True)
    assert again == Merged("scampi-20", None, 0, {})


def test_a_confirmed_pair_goes_before_what_is_certain(grains: Workspace) -> None:
    found = merge_labels(grains, "c", {"Areoligera": "azolla"}, ANN, settled=True)
    assert found.pairs == {"Areoligera": "azolla"}


@pytest.mark.parametrize(
    ("pairs", "kind", "message"),
    [
        ({"areoligra": "areoligrx"}, UnknownTaxonError, "Did you mean 'areoligera'"),
        ({"nothing": "azolla"}, QueryError, "no image of collection 'c' has the label 'nothing'"),
    ],
)
def test_bad_pairs_change_nothing(
    grains: Workspace, pairs: dict[str, str], kind: type[Exception], message: str
) -> None:
    before, batches = said(grains), grains.catalog.label_batches("c")
    with pytest.raises(kind, match=message):
        merge_labels(grains, "c", {"debris": "azolla", **pairs}, ANN)
    assert (said(grains), grains.catalog.label_batches("c")) == (before, batches)


def test_a_collection_without_a_taxonomy_merges_nothing(grains: Workspace) -> None:
    grains.catalog.use_taxonomy("c", None)
    with pytest.raises(TaxonomyNotFoundError, match="uses no taxonomy"):
        merge_labels(grains, "c", {"areoligra": "areoligera"}, ANN)
