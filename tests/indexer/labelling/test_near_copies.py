from __future__ import annotations

import numpy as np
import pytest

from facies.core.errors import QueryError
from facies.core.workspace import Workspace
from facies.indexer.labelling import near_copies
from facies.indexer.labelling.near_copies import find_copy_groups
from tests.indexer.labelling.clusters import draw_clusters, fill

VECTORS, NAMES = draw_clusters([4, 4, 4], spread=0.6)
TWICE = np.concatenate([VECTORS, VECTORS[:2]])


def test_copies_with_other_labels_come_first_and_the_validated_lead(workspace: Workspace) -> None:
    labels = [*NAMES, NAMES[0], "another"]
    labels[1] = NAMES[1]
    ids = fill(workspace, TWICE, labels)
    found = find_copy_groups(workspace, "c", alike=0.9999)
    assert (found.compared, found.notes) == (14, ())
    assert [set(group.ids) for group in found.groups] == [{ids[1], ids[13]}, {ids[0], ids[12]}]
    assert [group.differs for group in found.groups] == [True, False]
    assert [group.similarity for group in found.groups] == pytest.approx([1, 1], abs=1e-5)


def test_an_image_without_a_label_contradicts_nothing(workspace: Workspace) -> None:
    ids = fill(workspace, TWICE, [*NAMES, None, None])
    groups = find_copy_groups(workspace, "c", alike=0.9999).groups
    assert [group.differs for group in groups] == [False, False]
    assert {group.ids for group in groups} == {(ids[0], ids[12]), (ids[1], ids[13])}


def test_of_more_than_fit_a_part_is_compared_and_that_is_told(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(workspace, TWICE, [None] * 14)
    monkeypatch.setattr(near_copies, "MOST_BYTES", 6 * 4 * VECTORS.shape[1])
    found = find_copy_groups(workspace, "c")
    assert (found.compared, found.notes) == (6, ("of 14 images 6 were compared, spread evenly",))


def test_it_tells_how_far_it_is_and_refuses_what_is_no_cosine(workspace: Workspace) -> None:
    fill(workspace, TWICE, [None] * 14)
    told: list[tuple[str, int, int]] = []
    find_copy_groups(workspace, "c", progress=lambda *stage: told.append(stage))
    assert told == [("reading vectors", 14, 14), ("comparing images", 14, 14)]
    with pytest.raises(QueryError, match="no vector 'x'"):
        find_copy_groups(workspace, "c", "x")
    with pytest.raises(QueryError, match="cosine of near-duplicates"):
        find_copy_groups(workspace, "c", alike=2)
