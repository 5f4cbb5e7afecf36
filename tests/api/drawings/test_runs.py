"""A drawing becomes a whole core by depth, through the real server."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from facies.api.service import Service
from facies.core.client import Client
from facies.core.errors import (
    DrawingError,
    NoLabelsError,
    TooFewClassesError,
)
from facies.core.wire_drawings import (
    PicturePlace,
    RunBody,
    StrokeChange,
)
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
