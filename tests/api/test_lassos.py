from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
import pytest

from facies.api import lassos
from facies.api.labelling import undo_batch
from facies.api.lassos import enclose, export_enclosed, find_inside, label_enclosed
from facies.api.service import Service
from facies.core.actors import Actor
from facies.core.errors import MapNotFoundError, PolygonError, QueryError, StaleLabelError, StaleMapError
from facies.core.records import Label, LabelBatch, LabelBatchRecord, LabelRows
from facies.core.wire_maps import LassoBody, LassoLabelBody, Shown
from facies.indexer.labelling.giving import give_labels
from tests.api.conftest import LABELS
from tests.api.drawn_maps import box, draw_map

ANN = Actor("Ann")


def test_inside_is_inside_also_of_a_loop_that_is_not_convex() -> None:
    horseshoe = [(0, 0), (10, 0), (10, 10), (7, 10), (7, 3), (3, 3), (3, 10), (0, 10)]
    positions = np.array([[1, 9], [5, 9], [5, 1], [9, 9], [20, 1]], dtype=np.float32)
    assert find_inside(positions, horseshoe).tolist() == [True, False, True, True, False]
    with pytest.raises(PolygonError, match=r"from \(0, 0\) to \(9, 0\) encloses no area"):
        find_inside(positions, [(0, 0), (5, 0), (9, 0)])


def test_what_a_polygon_encloses_comes_from_its_middle_outwards(shared: Service) -> None:
    record, ids = draw_map(shared, gone=3)
    found = enclose(shared, "g", record.number, LassoBody(polygon=box(-1, -1, 4.5, 1)))
    assert found.count == 5  # of the first label, without those that are gone
    assert found.ids[0] == ids[2]
    assert sorted(found.ids) == sorted(ids[:5])
    assert found.labels == {LABELS[0]: 5}
    assert [one.id for one in found.images] == found.ids
    page = enclose(shared, "g", record.number, LassoBody(polygon=box(-1, -1, 4.5, 1), offset=1, limit=2))
    assert [one.id for one in page.images] == found.ids[1:3]
    nothing = enclose(shared, "g", record.number, LassoBody(polygon=box(50, 50, 60, 60)))
    assert (nothing.count, nothing.ids, nothing.images, nothing.labels) == (0, [], [], {})


def test_labels_are_read_once_for_as_long_as_they_stay(filled: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    record, _ = draw_map(filled)
    reads: list[str] = []
    catalog = filled.workspace.catalog
    read = catalog.label_rows

    def look(name: str) -> LabelRows:
        reads.append(name)
        return read(name)

    monkeypatch.setattr(catalog, "label_rows", look)
    polygon = box(-1, -1, 100, 1)
    for _ in range(3):
        enclose(filled, "g", record.number, LassoBody(polygon=polygon, shown=Shown(values=[LABELS[0]])))
    assert reads == ["g"]
    order = LassoLabelBody(polygon=polygon, label="chart", keep_validated=False)
    label_enclosed(filled, "g", record.number, order, ANN)
    assert enclose(filled, "g", record.number, LassoBody(polygon=polygon)).labels == {"chart": 6}
    assert reads == ["g", "g"]


def test_what_is_not_shown_is_not_enclosed(shared: Service) -> None:
    record, _ = draw_map(shared)
    everything = box(-1, -1, 100, 100)
    one = LassoBody(polygon=everything, shown=Shown(values=[LABELS[1]]))
    assert enclose(shared, "g", record.number, one).labels == {LABELS[1]: 6}
    none = LassoBody(polygon=everything, shown=Shown(by="state", values=[None]))
    assert enclose(shared, "g", record.number, none).count == 0
    with pytest.raises(QueryError, match="no field 'well' to colour a map by"):
        enclose(shared, "g", record.number, LassoBody(polygon=everything, shown=Shown(by="well", values=[])))


def test_all_of_it_is_labelled_and_taken_back_as_one_batch(filled: Service) -> None:
    record, ids = draw_map(filled)
    around = box(-1, -1, 100, 11)  # two labels
    body = LassoLabelBody(polygon=around, label=" chart ", keep_validated=False, expected=12)
    done = label_enclosed(filled, "g", record.number, body, ANN)
    assert (done.count, done.kept) == (12, 0)
    assert done.batch is not None
    assert done.batch.provenance["map"] == record.number
    assert done.batch.provenance["polygon"] == [list(corner) for corner in around]
    assert enclose(filled, "g", record.number, LassoBody(polygon=around)).labels == {"chart": 12}
    undo_batch(filled, "g", done.batch.number, ANN)
    back = enclose(filled, "g", record.number, LassoBody(polygon=around)).labels
    assert back == {LABELS[0]: 6, LABELS[1]: 6}
    assert filled.workspace.catalog.image("g", ids[0]).label == LABELS[0]


def test_what_somebody_validated_stays_and_a_changed_map_is_told(filled: Service) -> None:
    record, _ = draw_map(filled)
    polygon = box(-1, -1, 100, 1)
    done = label_enclosed(filled, "g", record.number, LassoLabelBody(polygon=polygon, label="chart"), ANN)
    assert (done.count, done.kept, done.batch) == (0, 6, None)
    seen = LassoLabelBody(polygon=polygon, label="chart", expected=5)
    with pytest.raises(StaleMapError, match="5 images enclosed was seen, now it is 6"):
        label_enclosed(filled, "g", record.number, seen, ANN)
    empty = LassoLabelBody(polygon=polygon, label=" ", keep_validated=False)
    with pytest.raises(QueryError):
        label_enclosed(filled, "g", record.number, empty, ANN)
    with pytest.raises(MapNotFoundError):
        label_enclosed(filled, "g", record.number + 1, LassoLabelBody(polygon=polygon, label="chart"), ANN)


def test_it_is_written_down_with_its_places(shared: Service) -> None:
    record, ids = draw_map(shared)
    table = export_enclosed(shared, "g", record.number, LassoBody(polygon=box(0.5, -1, 2.5, 1)))
    rows = list(csv.DictReader(io.StringIO(table)))
    assert {row["id"]: (row["label"], row["state"], float(row["x"]), float(row["y"])) for row in rows} == {
        ids[1]: (LABELS[0], "validated", 1, 0),
        ids[2]: (LABELS[0], "validated", 2, 0),
    }
    assert all(row["path"].endswith(".png") for row in rows)


def test_what_somebody_validates_at_that_moment_stays(filled: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    record, ids = draw_map(filled)
    workspace = filled.workspace
    give_labels(workspace, "g", {one: Label("chart", "dubious") for one in ids[:6]}, LabelBatch("person", "Bob"))

    def give_late(*given: Any, **more: Any) -> LabelBatchRecord:
        give_labels(workspace, "g", {ids[2]: Label("log", "validated")}, LabelBatch("person", "Bob"))
        return give_labels(*given, **more)

    monkeypatch.setattr(lassos, "give_labels", give_late)
    body = LassoLabelBody(polygon=box(-1, -1, 100, 1), label="other")
    with pytest.raises(StaleLabelError):
        label_enclosed(filled, "g", record.number, body, ANN)
    said = [(one.label, one.state) for one in workspace.catalog.images("g", ids[:6]).values()]
    assert said == [("log" if n == 2 else "chart", "validated" if n == 2 else "dubious") for n in range(6)]
    monkeypatch.undo()
    done = label_enclosed(filled, "g", record.number, body, ANN)
    assert (done.count, done.kept) == (5, 1)
