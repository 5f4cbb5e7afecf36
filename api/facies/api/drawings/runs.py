"""Whole cores from drawings: the strokes as they are become the labels of a job."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from facies.api.drawings.kept import KeptDrawing
from facies.api.drawings.store import DrawingStore
from facies.api.drawings.strokes import stroke_file
from facies.api.jobs import cancel_job, start_job
from facies.api.service import Service
from facies.core.actors import Actor
from facies.core.errors import DrawingError, NoLabelsError, StorageError, TooFewClassesError
from facies.core.wire_drawings import RunBody, RunOut, StrokesOut
from facies.core.wire_jobs import JobBody, JobOut
from facies.indexer.segmentation.strokes import write_strokes

MOST_RUNS: Final = 100
"""That a drawing remembers; jobs stay."""


def start_run(service: Service, drawing: str, body: RunBody, actor: Actor) -> JobOut:
    """Have all pictures of a drawing named.

    Raises:
        DrawingNotFoundError: there is no such drawing.
        NoLabelsError, TooFewClassesError: there are too few strokes.
        DrawingError: pictures of one core have no depths.
        StorageError: the disk is full, or refuses; no job goes on.
        FaciesError: as `facies.api.jobs.start_job`.
    """
    store = DrawingStore.of(service.settings)
    with store.locked(drawing):
        found = store.get(drawing)
        strokes = {one.id: store.strokes(found, one.id) for one in found.pictures}
        check_run(found, strokes)
        parameters = _parameters(store, found, strokes, body)
        job = start_job(service, JobBody(kind="segment", parameters=parameters), actor)
        run = RunOut(job=job.id, revisions={number: one.revision for number, one in strokes.items()})
        found.runs = [*found.runs, run][-MOST_RUNS:]
        try:
            store.keep(found)
        except StorageError:
            cancel_job(service, job.id)  # nobody would find what it names
            raise
    return job


def check_run(drawing: KeptDrawing, strokes: Mapping[str, StrokesOut]) -> None:
    """Refuse what no job could name.

    Args:
        drawing: with its pictures.
        strokes: of each picture, by its id.

    Raises:
        NoLabelsError, TooFewClassesError, DrawingError: as `start_run`.
    """
    drawn = {stroke.class_id for one in strokes.values() for stroke in one.strokes}
    if not drawn:
        raise NoLabelsError("the drawing", "it has no strokes")
    if len(drawn) < 2:
        raise TooFewClassesError("the strokes", [one.name for one in drawing.classes if one.id in drawn])
    lacking = [one.name for one in drawing.pictures if one.top_m is None]
    if drawing.task == "core" and len(drawing.pictures) > 1 and lacking:
        raise DrawingError(
            f"{', '.join(lacking[:5])}: no depth is known. Several pictures of one core need a top depth each, and a "
            "base depth or the millimetres of a pixel."
        )


def _parameters(
    store: DrawingStore, drawing: KeptDrawing, strokes: Mapping[str, StrokesOut], body: RunBody
) -> dict[str, Any]:
    pictures = []
    for one in drawing.pictures:
        picture: dict[str, Any] = {"image": str(store.original(drawing, one))}
        drawn = strokes[one.id]
        if drawn.strokes:
            picture["labels"] = json.loads(write_strokes(stroke_file(drawing, one, drawn)))
        if drawing.task == "core":
            picture |= {"top_m": one.top_m, "base_m": one.base_m, "mm_per_px": one.mm_per_px}
        pictures.append(picture)
    common = {
        "action": "whole",
        "task": drawing.task,
        "pictures": pictures,
        "kind": body.kind,
        "validate": body.validated,
        "smoothing_px": body.smoothing_px,
        "count": body.suggestions,
    }
    if drawing.task == "core":
        names = {one.id: one.name for one in drawing.classes}
        return common | {
            "rock": "auto" if body.finds_rock else "all",
            "not_rock": [names[number] for number in body.not_rock if number in names],
            "step_m": body.step_m,
            "least_m": body.least_m,
            "well": body.well,
        }
    return common | {
        "um_per_px": body.um_per_px,
        "min_area_um2": body.min_area_um2,
        "min_area_px": body.min_area_px,
        "background": None if body.background is None else str(body.background),
    }
