"""A drawing becomes a whole core by depth, through the real server."""

from __future__ import annotations

import fcntl
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from facies.api.drawings import runs
from facies.api.drawings.runs import start_run
from facies.api.drawings.store import DrawingStore
from facies.api.jobs import start_job
from facies.api.service import Service
from facies.core.actors import Actor
from facies.core.client import Client
from facies.core.errors import (
    DrawingError,
    NoLabelsError,
    StorageError,
    TooFewClassesError,
)
from facies.core.wire_drawings import (
    PicturePlace,
    RunBody,
    StrokeChange,
)
from facies.core.wire_jobs import JobOut
from facies.indexer.segmentation.generated_cores import GeneratedScene
from tests.api.conftest import over

from .conftest import HEIGHT, WIDTH, begin, draw, strokes_of


def test_a_drawing_becomes_a_core_by_depth(client: Client, working: Service, scene: GeneratedScene, png: bytes) -> None:
    drawing, picture = draw(client, scene, png)
    client.drawings.place_picture(drawing, picture, PicturePlace(top_m=1200, base_m=1201))
    ordered = client.drawings.run(drawing, RunBody(validated=False, finds_rock=False, suggestions=2, well="A-1"))
    job = over(working, ordered)
    assert job.state == "done", job.error
    shown = client.drawings.get(drawing)
    assert [(one.job, one.revisions) for one in shown.runs] == [(job.id, {picture: 1})]
    names = {file.name for file in job.files if file.role == "result"}
    assert names >= {"mask.png", "core.las", "fractions_by_depth.csv", "model.facies-seg", "suggestions.json"}
    path = f"/v1/drawings/{drawing}/pictures/{picture}/masks/{job.id}"
    client.send("GET", f"{path}/1/0/0")
    store = DrawingStore.of(working.settings)
    (store.place(store.get(drawing), picture) / "masks" / job.id / "0" / "1-0.png").unlink()  # made again
    tile = np.asarray(Image.open(io.BytesIO(client.send("GET", f"{path}/0/1/0").content)))
    assert tile.shape == (HEIGHT - 512, WIDTH, 3)
    assert (tile[..., 0] == scene.truth[512:]).mean() > 0.8
    assert set(np.unique(tile[..., 2])) <= {0, 255}
    small = np.asarray(Image.open(io.BytesIO(client.send("GET", f"{path}/1/0/0").content)))
    assert np.array_equal(small[256:, :, 0], tile[::2, ::2, 0])
    # The same strokes on: nothing of the first run is lost.
    client.drawings.change_strokes(drawing, picture, StrokeChange(remove=[0]))
    again = over(working, client.drawings.run(drawing, RunBody(validated=False, kind="linear", suggestions=0)))
    assert again.state == "done", again.error
    assert [one.job for one in client.drawings.get(drawing).runs] == [job.id, again.id]


def test_a_core_without_strokes_or_depths_is_refused(client: Client, scene: GeneratedScene, png: bytes) -> None:
    drawing = begin(client, scene, png)
    with pytest.raises(NoLabelsError):
        client.drawings.run(drawing.id, RunBody())
    client.drawings.change_strokes(drawing.id, drawing.pictures[0].id, strokes_of(scene, 1))
    with pytest.raises(TooFewClassesError):
        client.drawings.run(drawing.id, RunBody())
    client.drawings.change_strokes(drawing.id, drawing.pictures[0].id, strokes_of(scene))
    flipped = io.BytesIO()
    Image.fromarray(scene.image[::-1]).save(flipped, "PNG")
    client.drawings.upload_picture(drawing.id, "second.png", flipped.getvalue())
    with pytest.raises(DrawingError, match="no depth is known"):
        client.drawings.run(drawing.id, RunBody())


def test_nobody_draws_while_a_job_is_ordered(
    client: Client, working: Service, scene: GeneratedScene, png: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The strokes of the job are those whose revisions the drawing remembers."""
    drawing, _ = draw(client, scene, png)

    def try_to_draw(*given: Any) -> JobOut:
        lock = DrawingStore.of(working.settings).folder(drawing) / ".lock"
        with lock.open("wb") as opened, pytest.raises(BlockingIOError):
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return start_job(*given)

    monkeypatch.setattr(runs, "start_job", try_to_draw)
    job = start_run(working, drawing, RunBody(validated=False, kind="linear", suggestions=0), Actor("Ann"))
    assert over(working, job).state == "done"


def test_a_job_that_the_drawing_cannot_remember_does_not_go_on(
    service: Service, drawing: str, picture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert DrawingStore.of(service.settings).get(drawing).pictures[0].id == picture

    def refuse(self: DrawingStore, drawing: object) -> None:
        raise StorageError(self.root, "No space left on device")

    monkeypatch.setattr(DrawingStore, "keep", refuse)
    with pytest.raises(StorageError):
        start_run(service, drawing, RunBody(), Actor("Ann"))
    assert [job.state for job in service.workspace.catalog.jobs()] == ["cancelled"]
