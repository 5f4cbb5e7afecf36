from __future__ import annotations

import numpy as np
import pytest

from facies.core.errors import QueryError
from facies.core.records import Label, LabelBatch
from facies.core.workspace import Workspace
from facies.indexer.labelling.giving import give_labels
from facies.indexer.labelling.plates import make_plate
from facies.indexer.labelling.review import learn_anew, open_review
from facies.models.exemplars import choose_exemplars
from tests.indexer.labelling.clusters import draw_clusters, fill

VECTORS, NAMES = draw_clusters([12, 12, 12], spread=0.6)


def test_a_plate_shows_the_exemplars_of_the_validated_images(workspace: Workspace) -> None:
    ids = fill(workspace, VECTORS, [None if not place % 6 else name for place, name in enumerate(NAMES)])
    plate = make_plate(workspace, "c", "b", count=4)
    assert (plate.label, plate.images, plate.vector) == ("b", 10, "one")
    places = sorted((place for place in range(36) if place % 6), key=lambda place: ids[place])
    codes = [ord(NAMES[place]) - 97 for place in places]
    found = choose_exemplars(VECTORS[places], np.array(codes), 1, None, 4)
    assert plate.medoid.id == ids[places[found.medoid]]
    assert [one.id for one in plate.typical] == [ids[places[place]] for place in found.typical]
    assert [one.id for one in plate.confusable] == [ids[places[place]] for place in found.confusable]
    assert {one.label for one in plate.boundary} == {"b"}
    assert {one.other for one in plate.boundary} <= {"a", "c"}
    assert [one.margin for one in plate.boundary] == sorted(float(one.margin or 0) for one in plate.boundary)
    assert all(NAMES[ids.index(one.id)] == one.label != "b" for one in plate.confusable)
    assert all(NAMES[ids.index(str(one.nearest))] == "b" for one in plate.confusable)


def test_one_class_alone_has_a_plate_without_a_boundary(workspace: Workspace) -> None:
    fill(workspace, VECTORS[:12], NAMES[:12])
    plate = make_plate(workspace, "c", "a")
    assert (len(plate.typical), plate.boundary, plate.confusable) == (6, (), ())
    assert plate.notes[0].startswith("no boundary is shown")


def test_a_class_that_is_not_there_is_told_with_those_near_it(workspace: Workspace) -> None:
    fill(workspace, VECTORS, ["Areoligera" if name == "a" else None for name in NAMES])
    with pytest.raises(QueryError, match="Did you mean Areoligera"):
        make_plate(workspace, "c", "areoligera")
    with pytest.raises(QueryError, match="limit is 0"):
        make_plate(workspace, "c", "Areoligera", count=0)


def test_what_was_validated_since_the_fit_is_not_at_the_boundary(workspace: Workspace) -> None:
    ids = fill(workspace, VECTORS, [None if not place % 6 else name for place, name in enumerate(NAMES)])
    learnt = learn_anew(workspace, open_review(workspace, "c"))
    new = ids[12]
    give_labels(workspace, "c", {new: Label("b", "validated")}, LabelBatch("person", "Ann"))
    kept = make_plate(workspace, "c", "b", count=20, learn=lambda *_: learnt)
    assert kept.images == 11
    assert kept.boundary[-1].id == new
    assert kept.boundary[-1].margin == 1.0
    before = [one.id for one in kept.boundary[:-1]]
    assert before == [one.id for one in make_plate(workspace, "c", "b", count=20).boundary if one.id != new]
