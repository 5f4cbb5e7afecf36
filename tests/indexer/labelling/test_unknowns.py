from __future__ import annotations

from collections import Counter

import pytest

from facies.core.errors import QueryError, StaleLabelError, UnknownTaxonError
from facies.core.records import Label, LabelBatch
from facies.core.workspace import Workspace
from facies.indexer.labelling import unknowns
from facies.indexer.labelling.giving import give_labels, undo_labels
from facies.indexer.labelling.unknowns import Unknowns, find_unknowns, give_provisional, rename_labels
from tests.indexer.labelling.clusters import PERSON, draw_clusters, fill

VECTORS, NAMES = draw_clusters([20, 20, 12, 9], spread=0.3, seed=3)
"""Of ``a`` and ``b`` half is validated; nobody has named ``c`` and ``d``."""
LABELS = [name if name in "ab" and place % 2 else None for place, name in enumerate(NAMES)]


@pytest.fixture
def ids(workspace: Workspace) -> list[str]:
    return fill(workspace, VECTORS, LABELS)


def members(found: Unknowns, ids: list[str]) -> list[Counter[str]]:
    return [Counter(NAMES[ids.index(one)] for one in group.members) for group in found.groups]


def test_what_nobody_has_named_is_found_in_groups(workspace: Workspace, ids: list[str]) -> None:
    found = find_unknowns(workspace, "c", share=1.0)
    assert members(found, ids) == [Counter({"c": 12}), Counter({"d": 9})]
    assert [group.name for group in found.groups] == ["Unknown A", "Unknown B"]
    assert (found.unknown, found.looked_at) == (21 + len(found.apart) - len(found.apart), 41)
    assert {group.nearest for group in found.groups} <= {"a", "b"}
    assert all(found.novelty[one] > (found.gate or 2) for group in found.groups for one in group.members)
    named = find_unknowns(workspace, "c", share=1.0, name_by="nearest")
    assert all(group.name.startswith(f"{group.nearest} sp. ") for group in named.groups)


def test_with_nothing_validated_all_is_unknown(workspace: Workspace) -> None:
    ids = fill(workspace, VECTORS, [None] * 61)
    found = find_unknowns(workspace, "c")
    assert sorted(members(found, ids), key=str) == sorted(
        [Counter(a=20), Counter(b=20), Counter(c=12), Counter(d=9)], key=str
    )
    assert (found.gate, found.unknown) == (None, 61)
    assert "no image is validated" in found.notes[0]


def test_names_are_given_promoted_merged_and_taken_back(workspace: Workspace, ids: list[str]) -> None:
    found = find_unknowns(workspace, "c", share=1.0)
    given = give_provisional(workspace, found, PERSON)
    assert given.images == 21
    assert workspace.catalog.label_counts("c") == {"Unknown A": 12, "Unknown B": 9, "a": 10, "b": 10}
    record = workspace.catalog.image("c", found.groups[0].members[0])
    assert (record.label, record.state) == ("Unknown A", "predicted")
    again = find_unknowns(workspace, "c", share=1.0)
    assert [(group.name, group.members) for group in again.groups] == [
        (group.name, group.members) for group in found.groups
    ]

    promoted = rename_labels(workspace, "c", ["Unknown A"], " Spiniferites ", PERSON, validate=True)
    assert (promoted.images, promoted.provenance["to"]) == (12, "Spiniferites")
    assert workspace.catalog.image("c", record.id).state == "validated"
    merged = rename_labels(workspace, "c", ["Unknown B", "a"], "b", PERSON)
    assert merged.images == 19
    states = Counter(image.state for image in workspace.catalog.iter_images("c") if image.label == "b")
    assert states == {"validated": 20, "predicted": 9}
    for batch in (merged, promoted):
        undo_labels(workspace, "c", batch.number, LabelBatch("undo", PERSON.name))
    assert workspace.catalog.label_counts("c") == {"Unknown A": 12, "Unknown B": 9, "a": 10, "b": 10}
    undo_labels(workspace, "c", given.number, LabelBatch("undo", PERSON.name))
    assert workspace.catalog.label_counts("c") == {"a": 10, "b": 10}


def test_a_label_given_meanwhile_stops_it(workspace: Workspace, ids: list[str]) -> None:
    found = find_unknowns(workspace, "c", share=1.0)
    give_labels(workspace, "c", {found.groups[0].members[2]: Label("x", "validated")}, LabelBatch("person", "Bo"))
    with pytest.raises(StaleLabelError):
        give_provisional(workspace, found, PERSON)
    assert set(workspace.catalog.label_counts("c")) == {"a", "b", "x"}


def test_of_more_than_can_be_grouped_a_part_is_taken(
    workspace: Workspace, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unknowns, "MOST_GROUPED", 10)
    found = find_unknowns(workspace, "c", share=1.0)
    assert "of 21 unknown images 10 were grouped, spread evenly" in found.notes
    assert sum(len(group.members) for group in found.groups) + len(found.apart) == 10


def test_bad_input_is_told(workspace: Workspace, ids: list[str]) -> None:
    with pytest.raises(QueryError, match="no image labelled 'Unknown A'"):
        rename_labels(workspace, "c", ["Unknown A"], "x", PERSON)
    for names, to in ((["a"], "a"), ([], "b"), (["a"], "  ")):
        with pytest.raises(QueryError, match="cannot become"):
            rename_labels(workspace, "c", names, to, PERSON)
    with pytest.raises(QueryError, match="expected at least 2"):
        find_unknowns(workspace, "c", fewest=1)
    fill(workspace, VECTORS, [*NAMES[:40], *NAMES[40:]], name="named")
    found = find_unknowns(workspace, "named")
    assert (found.groups, found.looked_at) == ((), 0)
    with pytest.raises(QueryError, match="no group of unknown images"):
        give_provisional(workspace, found, PERSON)
    fill(workspace, VECTORS[:3], ["a", None, None], name="single")
    with pytest.raises(QueryError, match="cannot be told"):
        find_unknowns(workspace, "single")


def test_with_a_taxonomy_groups_are_promoted_to_its_taxa(workspace: Workspace, ids: list[str]) -> None:
    give_provisional(workspace, find_unknowns(workspace, "c", share=1.0), PERSON)
    workspace.catalog.use_taxonomy("c", "scampi-20")
    with pytest.raises(UnknownTaxonError, match="Did you mean 'spiniferites'"):
        rename_labels(workspace, "c", ["Unknown A"], "Spinniferites", PERSON)
    merged = rename_labels(workspace, "c", ["Unknown B"], "Unknown A", PERSON)
    assert merged.provenance["to"] == "Unknown A", "groups may be merged before anybody knows what they are"
    promoted = rename_labels(workspace, "c", ["Unknown A"], "Spiniferites", PERSON)
    assert (promoted.images, promoted.provenance["to"]) == (21, "spiniferites")
    assert len(ids) == workspace.catalog.count("c")
