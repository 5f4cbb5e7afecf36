"""What the service of the tests answers about upkeep: vectors, confusion, bad files, health, copies, charts."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import httpx

from facies.core import wire, wire_classify, wire_label_files, wire_labels, wire_upkeep
from tests.ui.fake_routes import Reply, Routes
from tests.ui.fake_state import FakeState

route = Routes()

AT = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
CELLS = [("areoligera", "areoligera", "label", 3), ("azolla", "areoligera", "set", 1), ("azolla", "azolla", "label", 1)]


def confusion_out(name: str, precision: str | None, vector: str | None) -> wire_classify.ConfusionOut:
    cells = [
        wire_classify.ConfusionCellOut.model_validate(
            {"label": label, "named": named, "verdict": verdict if precision else None, "images": images, "ids": ids}
        )
        for place, (label, named, verdict, images) in enumerate(CELLS)
        for ids in [[f"00000000-0000-5000-8000-{place:012d}"]]
    ]
    return wire_classify.ConfusionOut(
        collection=name,
        vector=vector or "lite0",
        way="votes",
        validated=5,
        calibration_error=0.031,
        precision=None if precision is None else float(precision),
        cells=cells,
        notes=["of 9 validated images 5 were learnt from"],
    )


def classify_out(name: str, request: httpx.Request) -> wire_classify.ClassifyOut:
    """Each file is named after the first letter of its name; one called ``bad`` cannot be read."""
    sent = request.content.decode("utf-8", "replace")
    names = re.findall(r'name="files"; filename="([^"]*)"', sent)
    precision = '"precision"' in sent
    predictions, failures = [], []
    for place, file in enumerate(names):
        if file.startswith("bad"):
            failures.append(wire_classify.UnreadableOut(example=place, name=file, reason="it is no image"))
            continue
        label, verdict = ("azolla", "label") if file.startswith("a") else ("areoligera", "unknown")
        predictions.append(
            wire_classify.ClassifiedOut.model_validate(
                {
                    "name": file,
                    "top": [{"label": label, "probability": 0.9}, {"label": "other", "probability": 0.1}],
                    "novelty": 0.25,
                    "strangeness": 0.5,
                    "verdict": verdict if precision else None,
                    "set": [label] if precision else None,
                    "neighbours": [],
                }
            )
        )
    return wire_classify.ClassifyOut(
        collection=name,
        vector="lite0",
        k=1,
        way="both",
        calibrated=True,
        calibration_error=0.02,
        validated=5,
        predictions=predictions,
        failures=failures,
        hidden=[{"label": "hidden one", "reason": "too old"}],
    )


@route("GET", "/ready")
def ready(held: FakeState, request: httpx.Request) -> Reply:
    return wire.HealthOut(status="ok", version="0.9", store="edge: here", catalog="ok")


@route("GET", "/storage")
def storage(held: FakeState, request: httpx.Request) -> Reply:
    part = wire_upkeep.FolderOut(name="vectors", files=3, bytes=2_000_000)
    return wire_upkeep.StorageOut(data_dir="/data", total_bytes=10**10, free_bytes=4 * 10**9, parts=[part])


@route("GET", "/collections/{name}/vectors")
@route("DELETE", "/collections/{name}/vectors/{vector}")
@route("PUT", "/collections/{name}/default-vector")
def vectors(held: FakeState, request: httpx.Request, name: str, vector: str = "") -> Reply:
    return [wire_upkeep.VectorStateOut(name="lite0", is_default=True, lacking=0)]


@route("GET", "/collections/{name}/confusion")
def confusion(held: FakeState, request: httpx.Request, name: str) -> Reply:
    return confusion_out(name, request.url.params.get("precision"), request.url.params.get("vector"))


@route("GET", "/collections/{name}/bad-files")
def bad_files(held: FakeState, request: httpx.Request, name: str) -> Reply:
    bad = wire_upkeep.BadFileOut(path="/in/\u043a.png", reason="no image", job="j1", kind="index", at=AT)
    return wire_upkeep.BadFilesOut(collection=name, jobs=2, files=[bad])


@route("GET", "/collections/{name}/missing-originals")
def missing_originals(held: FakeState, request: httpx.Request, name: str) -> Reply:
    gone = wire_upkeep.MissingOriginalOut(id="x", label="azolla", path="/in/gone.png")
    return wire_upkeep.MissingOriginalsOut(collection=name, looked_at=5, elsewhere=1, missing=1, images=[gone])


@route("POST", "/collections/{name}/labels/check")
def check_labels(held: FakeState, request: httpx.Request, name: str) -> Reply:
    mended = 2 if request.url.params["mend"] == "true" else 0
    return wire_labels.LabelCheckOut(collection=name, images=5, drifted=2, lacking=0, strange=0, mended=mended)


@route("GET", "/collections/{name}/range-chart")
def range_chart(held: FakeState, request: httpx.Request, name: str) -> Reply:
    return wire_label_files.RangeChartOut(
        collection=name,
        field=request.url.params["field"],
        bin=None,
        taxa=["azolla"],
        samples=[],
        images=5,
        without_depth=1,
        without_probability=0,
        notes=["1 image has no depth"],
    )


@route("POST", "/collections/{name}/classify/upload")
def classify_files(held: FakeState, request: httpx.Request, name: str) -> Reply:
    return classify_out(name, request)
