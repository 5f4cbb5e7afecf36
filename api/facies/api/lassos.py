"""The use cases of lassos: what a polygon on a map encloses, labelled or written down as a whole."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facies.api.images import image_out
from facies.api.labelling import batch_out, leave_validated
from facies.api.map_columns import NOT_THERE, Colouring, Column
from facies.api.map_views import MapView
from facies.api.maps import column_of, find_map, labels_of, view_of
from facies.api.service import Service
from facies.core.actors import Actor
from facies.core.errors import PolygonError, QueryError, StaleMapError
from facies.core.records import ImageRecord, Label, LabelBatch
from facies.core.wire_maps import MOST_IDS, Corner, Lasso, LassoBody, LassoLabelBody, LassoLabelsOut, LassoOut, Shown
from facies.indexer.labelling.giving import give_labels
from facies.indexer.labelling.taxa import resolve_labels


def enclose(service: Service, name: str, number: int, body: LassoBody) -> LassoOut:
    """The images that a polygon encloses, those nearest to its middle first.

    Raises:
        CollectionNotFoundError, MapNotFoundError: there is none.
        PolygonError: the polygon encloses no area.
        QueryError: see `show_legend`.
    """
    found = _enclosed(service, name, number, body)
    described = service.workspace.catalog.images(name, found.page(body.offset, body.limit))
    return LassoOut(
        map=number,
        count=len(found.points),
        ids=found.page(0, MOST_IDS),
        images=[image_out(name, record) for record in described.values()],
        labels=found.labels(),
    )


def label_enclosed(service: Service, name: str, number: int, body: LassoLabelBody, actor: Actor) -> LassoLabelsOut:
    """Give all images that a polygon encloses a label, as one batch that can be undone.

    Raises:
        StaleMapError: it encloses another number of images than the person saw.
        StaleLabelError: one of them got another label meanwhile; nothing was changed.
        QueryError, UnknownTaxonError: the label is none, or no taxon of the collection's taxonomy.
        FaciesError: see `enclose`.
    """
    found = _enclosed(service, name, number, body)
    if body.expected is not None and body.expected != len(found.points):
        raise StaleMapError(f"{body.expected:,} images enclosed", f"{len(found.points):,}")
    written = body.label.strip()
    names = {} if body.state == "rejected" else resolve_labels(service.workspace, name, [written] if written else [])
    label = Label(names.get(written, written), body.state, note=body.note)
    ids = found.page(0, len(found.points))
    given, seen = dict.fromkeys(ids, label), dict[str, int | None]()
    if body.keep_validated:
        leave_validated(service, name, ids, given, seen)
    kept = len(ids) - len(given)
    if not given:
        return LassoLabelsOut(count=0, kept=kept, batch=None)
    provenance = {"map": number, "polygon": [list(corner) for corner in body.polygon]}
    batch = LabelBatch("person", actor.name, actor.verified, provenance)
    made = batch_out(give_labels(service.workspace, name, given, batch, seen=seen))
    return LassoLabelsOut(count=len(given), kept=kept, batch=made)


def export_enclosed(service: Service, name: str, number: int, body: LassoBody) -> str:
    """What a polygon encloses as CSV: id, path, label, state, and where each lies on the map.

    Raises:
        FaciesError: see `enclose`.
    """
    found = _enclosed(service, name, number, body)
    ids = found.page(0, len(found.points))
    records = service.workspace.catalog.images(name, ids)
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["id", "path", "label", "state", "x", "y"])
    for one, (x, y) in zip(ids, found.positions.tolist(), strict=True):
        if one in records:
            writer.writerow([*_cells(records[one]), f"{x:.6g}", f"{y:.6g}"])
    return table.getvalue()


@dataclass(frozen=True)
class _Enclosed:
    """What a polygon encloses: points in order of their distance to the middle, and the labels of all images."""

    view: MapView
    points: NDArray[np.int64]
    rows: NDArray[np.int64]
    ids: list[str]
    names: list[str | None]

    @property
    def positions(self) -> NDArray[np.float32]:
        return self.view.points.positions[self.points]

    def page(self, offset: int, limit: int) -> list[str]:
        return [self.ids[row] for row in self.rows[offset : offset + limit].tolist()]

    def labels(self) -> dict[str, int]:
        counts = Counter(self.names[row] for row in self.rows.tolist())
        return {label: count for label, count in counts.most_common() if label is not None}


def _enclosed(service: Service, name: str, number: int, lasso: Lasso) -> _Enclosed:
    record = find_map(service, name, number)
    view = view_of(service, record, lasso.parts)
    labels = labels_of(service, name)
    rows = view.rows_of(labels.ids)
    inside = find_inside(view.points.positions, lasso.polygon) & (rows != NOT_THERE)
    if lasso.shown is not None:
        colouring = Colouring(lasso.shown.by, lasso.shown.rank, lasso.parts)
        inside &= _is_shown(column_of(service, record, colouring)[1], lasso.shown)
    points = np.flatnonzero(inside)
    if len(points):
        away = view.points.positions[points] - np.median(view.points.positions[points], axis=0)
        points = points[np.argsort(np.hypot(*away.T), kind="stable")]
    return _Enclosed(view, points, rows[points], labels.ids, labels.labels)


def find_inside(positions: NDArray[np.float32], polygon: Sequence[Corner]) -> NDArray[np.bool_]:
    """Tell which positions lie inside a polygon; where it crosses itself, by the even-odd rule.

    Args:
        positions: shape (n, 2).
        polygon: corners, at least 3.

    Raises:
        PolygonError: it encloses no area.

    Example:
        >>> find_inside(np.array([[1, 1], [3, 1]], dtype=np.float32), [(0, 0), (2, 0), (2, 2), (0, 2)]).tolist()
        [True, False]
    """
    from matplotlib.path import Path as Outline

    corners = np.asarray(polygon, dtype=np.float64)
    low, high = corners.min(axis=0), corners.max(axis=0)
    if not (high > low).all():
        ends = " to ".join(f"({x:g}, {y:g})" for x, y in (low, high))
        raise PolygonError(f"a polygon from {ends} encloses no area; draw a loop around points")
    near = np.flatnonzero(((positions >= low) & (positions <= high)).all(axis=1))
    inside = np.zeros(len(positions), dtype=bool)
    inside[near] = Outline(np.vstack([corners, corners[:1]]), closed=True).contains_points(positions[near])
    return inside


def _is_shown(column: Column, shown: Shown) -> NDArray[np.bool_]:
    if not column.entries:
        raise QueryError(f"the field {shown.by!r} holds numbers; only categories can be shown and hidden")
    wanted = set(shown.values)
    codes = [one.code for one in column.entries if (shown.rest if one.rest else one.value in wanted)]
    return np.isin(column.values, codes)


def _cells(record: ImageRecord) -> tuple[str, str, str, str]:
    return record.id, record.uri, record.label or "", record.state or ""
