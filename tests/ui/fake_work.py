"""What the service of the tests answers about labels, maps, drawings and jobs."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import httpx
import numpy as np

from facies.core import wire_drawings, wire_jobs, wire_labels, wire_maps
from tests.ui.answers import drawing_out, legend_out
from tests.ui.fake_routes import Reply, Routes, problem
from tests.ui.fake_state import FakeState
from tests.ui.label_answers import answer_growth, auto_out, batch_out, counts_out, queue_out, unknowns_out

POSITIONS = np.arange(10, dtype="<f4")
CODES = np.array([0, 0, 1, 1, 2], dtype="u1")

route = Routes()


# --- labels ---


@route("POST", "/collections/{name}/labels")
def label(held: FakeState, request: httpx.Request, name: str) -> Reply:
    given = {one["id"]: {"label": one["label"], "state": one["state"]} for one in json.loads(request.content)["labels"]}
    held.images = [image.model_copy(update=given.get(image.id, {})) for image in held.images]
    held.labelled += 1
    return batch_out(20 + held.labelled, images=len(given))


@route("GET", "/collections/{name}/labels/batches")
def batches(held: FakeState, request: httpx.Request, name: str) -> Reply:
    limit = int(request.url.params["limit"])
    older = held.batches[limit - 1].number if len(held.batches) > limit else None
    return wire_labels.LabelBatchPage(batches=held.batches[:limit], next_before=older)


@route("POST", "/collections/{name}/labels/batches/{number}/undo")
def undo(held: FakeState, request: httpx.Request, name: str, number: str) -> Reply:
    return batch_out(int(number) + 1)


@route("GET", "/collections/{name}/labels/counts")
def label_counts(held: FakeState, request: httpx.Request, name: str) -> Reply:
    return counts_out(held.images)


@route("POST", "/collections/{name}/labels/auto")
def auto_label(held: FakeState, request: httpx.Request, name: str) -> Reply:
    return auto_out(json.loads(request.content), held.images)


@route("POST", "/collections/{name}/review/queue")
def queue(held: FakeState, request: httpx.Request, name: str) -> Reply:
    return queue_out(json.loads(request.content), held.images)


@route("POST", "/collections/{name}/review/growth")
def start_growth(held: FakeState, request: httpx.Request, name: str) -> Reply:
    return answer_growth("growth", json.loads(request.content), held.images)


@route("POST", "/collections/{name}/review/growth/{step}")
def grow(held: FakeState, request: httpx.Request, name: str, step: str) -> Reply:
    return answer_growth(step, json.loads(request.content), held.images)


@route("POST", "/collections/{name}/review/unknowns")
def unknowns(held: FakeState, request: httpx.Request, name: str) -> Reply:
    return unknowns_out(held.images, named=False)


@route("POST", "/collections/{name}/review/unknowns/name")
def name_unknowns(held: FakeState, request: httpx.Request, name: str) -> Reply:
    return unknowns_out(held.images, named=True)


@route("POST", "/collections/{name}/review/rename")
def rename(held: FakeState, request: httpx.Request, name: str) -> Reply:
    return batch_out(13)


# --- maps ---


@route("GET", "/collections/{name}/maps")
def maps(held: FakeState, request: httpx.Request, name: str) -> Reply:
    return held.maps


@route("GET", "/collections/{name}/maps/{number}/positions")
def positions(held: FakeState, request: httpx.Request, name: str, number: str) -> Reply:
    return httpx.Response(200, content=POSITIONS.tobytes())


@route("GET", "/collections/{name}/maps/{number}/column")
def column(held: FakeState, request: httpx.Request, name: str, number: str) -> Reply:
    return httpx.Response(200, content=CODES.tobytes())


@route("GET", "/collections/{name}/maps/{number}/legend")
def legend(held: FakeState, request: httpx.Request, name: str, number: str) -> Reply:
    return legend_out(request.url.params["by"], request.url.params.get("rank"))


@route("POST", "/collections/{name}/maps/{number}/lasso")
def lasso(held: FakeState, request: httpx.Request, name: str, number: str) -> Reply:
    enclosed = held.images[:4]
    ids = [one.id for one in enclosed]
    return wire_maps.LassoOut(map=3, count=4, ids=ids, images=enclosed, labels={"azolla": 3})


@route("POST", "/collections/{name}/maps/{number}/lasso/labels")
def label_lasso(held: FakeState, request: httpx.Request, name: str, number: str) -> Reply:
    return wire_maps.LassoLabelsOut(count=3, kept=1, batch=batch_out())


@route("GET", "/collections/{name}/maps/{number}/points/{point}")
def point_of_map(held: FakeState, request: httpx.Request, name: str, number: str, point: str) -> Reply:
    return held.images[int(point)]


# --- drawings ---


@route("GET", "/drawings")
def drawings(held: FakeState, request: httpx.Request) -> Reply:
    return held.drawings


@route("POST", "/drawings")
def make_drawing(held: FakeState, request: httpx.Request) -> Reply:
    held.drawings.append(drawing_out())
    return held.drawings[-1]


def _drawing(held: FakeState, wanted: str) -> wire_drawings.DrawingOut | None:
    return next((one for one in held.drawings if one.id == wanted), None)


@route("GET", "/drawings/{wanted}")
def drawing(held: FakeState, request: httpx.Request, wanted: str) -> Reply:
    return _drawing(held, wanted) or problem(404, "DrawingNotFoundError", f"there is no drawing {wanted!r}")


@route("DELETE", "/drawings/{wanted}")
def delete_drawing(held: FakeState, request: httpx.Request, wanted: str) -> Reply:
    held.drawings = [one for one in held.drawings if one.id != wanted]
    return None


@route("POST", "/drawings/{wanted}/pictures")
def add_drawn_picture(held: FakeState, request: httpx.Request, wanted: str) -> Reply:
    return _drawing(held, wanted) or problem(404, "DrawingNotFoundError", f"there is no drawing {wanted!r}")


@route("POST", "/drawings/{wanted}/runs")
def run_drawing(held: FakeState, request: httpx.Request, wanted: str) -> Reply:
    return held.jobs[0]


# --- jobs ---


@route("GET", "/jobs")
def jobs(held: FakeState, request: httpx.Request) -> Reply:
    state, kind = (request.url.params.get(name) for name in ("state", "kind"))
    found = [job for job in held.jobs if state in (None, job.state) and kind in (None, job.kind)]
    return wire_jobs.JobPage(jobs=found[: int(request.url.params["limit"])], after=None)


@route("POST", "/jobs")
def submit_job(held: FakeState, request: httpx.Request) -> Reply:
    return held.jobs[0]


@route("GET", "/jobs/{job_id}")
def job(held: FakeState, request: httpx.Request, job_id: str) -> Reply:
    """The next one of those that a test put there: the job as it goes on."""
    return held.jobs.pop(0) if len(held.jobs) > 1 else held.jobs[0]


@route("GET", "/jobs/{job_id}/log")
def job_log(held: FakeState, request: httpx.Request, job_id: str) -> Reply:
    line = wire_jobs.JobLogLine(number=1, at=datetime(2026, 3, 4, tzinfo=UTC), level="info", line="begun")
    return wire_jobs.JobLogOut(lines=[line], after=1)


@route("GET", "/jobs/{job_id}/files/near-copies.json")
def near_copies(held: FakeState, request: httpx.Request, job_id: str) -> Reply:
    ids = [f"00000000-0000-5000-8000-{place:012d}" for place in range(4)]
    groups = [
        {"similarity": 0.99, "differs": True, "ids": ids[:2]},
        {"similarity": 1.0, "differs": False, "ids": ids[2:]},
    ]
    return httpx.Response(200, json={"groups": groups})


@route("GET", "/jobs/{job_id}/files/{name}")
def job_file(held: FakeState, request: httpx.Request, job_id: str, name: str) -> Reply:
    return httpx.Response(200, content=held.job_files[name])


@route("POST", "/jobs/{job_id}/cancel")
@route("POST", "/jobs/{job_id}/retry")
def change_job(held: FakeState, request: httpx.Request, job_id: str) -> Reply:
    return held.jobs[0]
