from __future__ import annotations

import numpy as np
import pytest

from facies.core.errors import CollectionNotFoundError, QueryError
from facies.core.filters import Equals
from facies.core.workspace import Workspace
from facies.indexer.labelling import review as reviewing
from facies.indexer.labelling.review import (
    Standing,
    check_limit,
    iter_vectors,
    open_review,
    read_teachers,
    read_vectors,
    spread,
    teach_namer,
)
from tests.indexer.labelling.clusters import draw_clusters, fill

VECTORS, NAMES = draw_clusters([8, 8, 8])
LABELS = [name if place % 2 else None for place, name in enumerate(NAMES)]


def test_images_are_parted_by_how_they_stand(workspace: Workspace) -> None:
    states = ["predicted", "validated", "dubious", "rejected"] * 6
    ids = fill(workspace, VECTORS, NAMES, states=states)  # type: ignore[arg-type]  # a list of states
    found = open_review(workspace, "c")
    assert {one.id for one in found.validated} == {ids[i] for i in range(24) if states[i] == "validated"}
    assert {one.id for one in found.flagged} == {ids[i] for i in range(24) if states[i] == "dubious"}
    assert {one.id for one in found.candidates} == {ids[i] for i in range(24) if states[i] in {"predicted", "rejected"}}
    records = workspace.catalog.images("c", ids)
    assert all(one.event == records[one.id].event for one in found.candidates)


def test_a_filter_narrows_what_is_reviewed_and_not_what_is_learnt_from(workspace: Workspace) -> None:
    ids = fill(workspace, VECTORS, LABELS, slides=[f"s{place // 6}" for place in range(24)])
    found = open_review(workspace, "c", where=Equals("slide", "s1"), group="slide")
    assert {one.id for one in found.candidates} == {ids[place] for place in (6, 8, 10)}
    assert len(found.validated) == 12
    teachers = read_teachers(workspace, found)
    assert teachers.classes == ("a", "b", "c")
    assert teachers.groups is not None
    assert len(set(teachers.groups)) == 4
    places = [ids.index(one.id) for one in teachers.standings]
    assert (teachers.vectors == VECTORS[places]).all()
    assert [teachers.classes[code] for code in teachers.codes] == [NAMES[place] for place in places]
    assert teach_namer(teachers).validated.classes == ("a", "b", "c")


def test_vectors_come_in_batches_of_those_that_have_all(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = fill(workspace, VECTORS, LABELS, second=VECTORS[:, ::-1].copy())
    workspace.store.delete("c", ids[:2])
    monkeypatch.setattr(reviewing, "AT_ONCE", 5)
    found = open_review(workspace, "c", "two")
    batches = list(iter_vectors(workspace, found, found.candidates, ["one", "two"]))
    assert all(len(batch) <= 5 for batch, _ in batches)
    there = [one for batch, _ in batches for one in batch]
    assert {one.id for one in there} == {ids[place] for place in range(2, 24, 2)}
    places = [ids.index(one.id) for one in there]
    assert (np.concatenate([rows[0] for _, rows in batches]) == VECTORS[places]).all()
    assert (np.concatenate([rows[1] for _, rows in batches]) == VECTORS[places][:, ::-1]).all()
    again, rows = read_vectors(workspace, found, found.candidates)
    assert (again, rows.tolist()) == (there, VECTORS[places][:, ::-1].tolist())


def test_of_many_validated_images_a_part_of_each_class_teaches(workspace: Workspace) -> None:
    fill(workspace, VECTORS, NAMES)
    found = open_review(workspace, "c")
    teachers = read_teachers(workspace, found, most=9)
    assert np.bincount(teachers.codes).tolist() == [3, 3, 3]
    read_teachers(workspace, found, most=9)
    assert found.notes == ["of 24 validated images 9 were learnt from, a part of each class"]


@pytest.mark.parametrize(("most", "kept"), [(100, [2, 5, 30]), (12, [2, 5, 5]), (9, [2, 3, 4])])
def test_small_classes_stay_whole(most: int, kept: list[int]) -> None:
    rows = [
        Standing(f"{label}{i}", label, "validated", None, None)
        for label, n in zip("abc", (2, 5, 30), strict=True)
        for i in range(n)
    ]
    chosen = spread(rows, most)
    assert [sum(one.label == label for one in chosen) for label in "abc"] == kept
    assert chosen == [one for one in rows if one in chosen]


def test_bad_input_is_told(workspace: Workspace) -> None:
    with pytest.raises(CollectionNotFoundError):
        open_review(workspace, "c")
    fill(workspace, VECTORS, [None] * 24)
    with pytest.raises(QueryError, match="There are: one"):
        open_review(workspace, "c", "tow")
    with pytest.raises(QueryError, match="no field 'slid'"):
        open_review(workspace, "c", group="slid")
    with pytest.raises(QueryError, match="nothing can be learnt"):
        read_teachers(workspace, open_review(workspace, "c"))
    with pytest.raises(QueryError, match="limit is 0"):
        check_limit(0)
