"""Strokes through the real server: never lost, never taken twice, in and out as a file."""

from __future__ import annotations

import io
import itertools
import json
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydantic import BaseModel

from facies.api.drawings import store as store_module
from facies.api.drawings import strokes
from facies.api.drawings.store import DrawingStore
from facies.api.service import Service
from facies.core.client import Client
from facies.core.errors import (
    ClassTableError,
    DrawingError,
    LabelsError,
    StorageError,
    UnknownClassError,
)
from facies.core.wire_drawings import (
    DrawingBody,
    DrawingChange,
    StrokeBody,
    StrokeChange,
    StrokeFileBody,
)
from facies.indexer.segmentation.generated_cores import GeneratedScene

from .conftest import begin, draw, strokes_of


def test_strokes_are_on_the_disk_when_they_are_acknowledged(
    client: Client, working: Service, scene: GeneratedScene, png: bytes
) -> None:
    drawing = begin(client, scene, png)
    picture = drawing.pictures[0].id
    change = strokes_of(scene)
    told = client.drawings.change_strokes(drawing.id, picture, change)
    assert (told.revision, told.strokes) == (1, len(change.add))
    # Another process with nothing in memory finds them.
    store = DrawingStore(working.settings.data_dir / "drawings")
    assert store.strokes(store.get(drawing.id), picture).strokes == change.add
    shown = client.drawings.get(drawing.id).pictures[0]
    assert (shown.revision, shown.strokes, sum(shown.by_class.values())) == (1, len(change.add), len(change.add))


def test_a_change_may_be_sent_twice_and_two_may_draw_at_once(client: Client, scene: GeneratedScene, png: bytes) -> None:
    drawing = begin(client, scene, png)
    picture = drawing.pictures[0].id

    def one(number: int) -> StrokeChange:
        return StrokeChange(add=[StrokeBody(id=number, class_id=0, width=5, points=[(3, 4), (9, 9)])])

    for _ in range(2):
        client.drawings.change_strokes(drawing.id, picture, one(7))
    threads = [
        threading.Thread(target=client.drawings.change_strokes, args=(drawing.id, picture, one(number)))
        for number in range(20, 32)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = client.drawings.strokes(drawing.id, picture)
    assert sorted(stroke.id for stroke in kept.strokes) == [7, *range(20, 32)]
    assert kept.revision == 14
    after = client.drawings.change_strokes(drawing.id, picture, StrokeChange(remove=[7, 99]))
    assert after.strokes == 12


@pytest.mark.parametrize(
    ("stroke", "error", "message"),
    [
        ({"class": 9}, UnknownClassError, "lacks"),
        ({"points": [[5, 5], [500, 5]]}, LabelsError, "outside the image"),
        ({"width": 5000}, LabelsError, "pixels wide"),
    ],
)
def test_strokes_that_do_not_fit_are_refused_and_change_nothing(
    *, client: Client, scene: GeneratedScene, png: bytes, stroke: dict[str, Any], error: type[Exception], message: str
) -> None:
    drawing = begin(client, scene, png)
    given = {"id": 1, "class": 0, "width": 5, "points": [[5, 5]]} | stroke
    with pytest.raises(error, match=message):
        client.drawings.change_strokes(
            drawing.id, drawing.pictures[0].id, StrokeChange(add=[StrokeBody.model_validate(given)])
        )
    assert client.drawings.get(drawing.id).pictures[0].revision == 0


def test_a_damaged_file_of_strokes_is_told_and_not_taken_for_empty(
    client: Client, working: Service, scene: GeneratedScene, png: bytes
) -> None:
    drawing, picture = draw(client, scene, png)
    store = DrawingStore.of(working.settings)
    (store.place(store.get(drawing), picture) / "strokes.json").write_text("{")
    with pytest.raises(StorageError, match="bring an earlier copy"):
        client.drawings.strokes(drawing, picture)
    with pytest.raises(StorageError):
        client.drawings.change_strokes(drawing, picture, StrokeChange(remove=[1]))


def test_one_damaged_file_hides_no_other_drawing(
    client: Client, working: Service, scene: GeneratedScene, png: bytes
) -> None:
    drawing, picture = draw(client, scene, png)
    whole, _ = draw(client, scene, png)
    store = DrawingStore.of(working.settings)
    (store.place(store.get(drawing), picture) / "strokes.json").write_text("{")
    listed = {one.id: one.pictures[0] for one in client.drawings.list()}
    assert (listed[whole].problem, listed[whole].revision) == (None, 1)
    assert "bring an earlier copy" in str(listed[drawing].problem)
    assert client.drawings.get(drawing).pictures == [listed[drawing]]


def test_a_picture_has_room_for_so_many_strokes_and_points(
    client: Client, scene: GeneratedScene, png: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawing, picture = draw(client, scene, png)
    file = StrokeFileBody.model_validate_json(client.drawings.stroke_file(drawing, picture))
    many = len(scene.strokes.strokes)
    points = sum(len(one.points) for one in scene.strokes.strokes)
    one = StrokeBody(id=2**30, class_id=0, width=5, points=[(3, 4)])
    with monkeypatch.context() as patched:
        patched.setattr(strokes, "MAX_STROKES", 2 * many - 1)
        with pytest.raises(LabelsError, match=f"would have {2 * many} strokes, expected at most {2 * many - 1}"):
            client.drawings.load_stroke_file(drawing, picture, file)
    with monkeypatch.context() as patched:
        patched.setattr(strokes, "MAX_POINTS", points)
        for add in (
            lambda: client.drawings.load_stroke_file(drawing, picture, file),
            lambda: client.drawings.change_strokes(drawing, picture, StrokeChange(add=[one])),
        ):
            with pytest.raises(LabelsError, match=f"points, expected at most {points}"):
                add()
    assert client.drawings.get(drawing).pictures[0].revision == 1
    monkeypatch.setattr(strokes, "MAX_STROKES", 1)  # as if there were too many from before
    with pytest.raises(LabelsError, match="Take some strokes away first"):
        client.drawings.change_strokes(drawing, picture, StrokeChange(add=[one]))
    ids = [stroke.id for stroke in client.drawings.strokes(drawing, picture).strokes]
    assert client.drawings.change_strokes(drawing, picture, StrokeChange(remove=ids[:1])).strokes == many - 1
    assert (
        client.drawings.change_strokes(drawing, picture, StrokeChange(remove=ids[1:2], add=[one])).strokes == many - 1
    )


@pytest.mark.parametrize("written", [0, 1])
def test_where_the_disk_refuses_no_stroke_is_without_its_class(
    *, client: Client, scene: GeneratedScene, png: bytes, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    """Of what is written for a file with classes of its own, only the first files reach the disk."""
    drawing, picture = draw(client, scene, png)
    file = StrokeFileBody.model_validate_json(client.drawings.stroke_file(drawing, picture))
    other = client.drawings.begin(DrawingBody())
    client.drawings.upload_picture(other.id, "b.png", png)
    write, calls = store_module._write, itertools.count()

    def refuse(path: Path, content: BaseModel) -> None:
        if next(calls) >= written:
            raise StorageError(path, "No space left on device")
        write(path, content)

    with monkeypatch.context() as patched:
        patched.setattr(store_module, "_write", refuse)
        with pytest.raises(StorageError):
            client.drawings.load_stroke_file(other.id, picture, file)
    known = {one.id for one in client.drawings.get(other.id).classes}
    assert {one.class_id for one in client.drawings.strokes(other.id, picture).strokes} <= known
    client.drawings.load_stroke_file(other.id, picture, file)
    assert len(client.drawings.strokes(other.id, picture).strokes) == len(scene.strokes.strokes)


@pytest.mark.parametrize(
    ("stroke", "message"),
    [
        ({"class": "  "}, "name"),
        ({"class": "x" * 201}, "name"),
        ({"points": [[1, 2]] * 20_001}, "points"),
        ({"points": [[999_999_999.999, 2]]}, "points"),
    ],
)
def test_what_no_drawing_takes_of_a_file_is_refused(
    *, client: Client, scene: GeneratedScene, png: bytes, stroke: dict[str, Any], message: str
) -> None:
    drawing = begin(client, scene, png)
    given = {"id": 5, "class": "silt", "width": 5, "points": [[5, 5]]} | stroke
    with pytest.raises(LabelsError, match=f"the file: stroke 5, {message}: "):
        client.drawings.load_stroke_file(drawing.id, drawing.pictures[0].id, StrokeFileBody(strokes=[given]))
    assert client.drawings.get(drawing.id).classes == drawing.classes


def test_a_class_goes_only_with_its_last_stroke(client: Client, scene: GeneratedScene, png: bytes) -> None:
    drawing, picture = draw(client, scene, png)
    classes = client.drawings.get(drawing).classes
    with pytest.raises(DrawingError, match="erase them first"):
        client.drawings.change(drawing, DrawingChange(classes=classes[1:]))
    named = [one.model_copy(update={"name": f"{one.name} bed"}) for one in classes]
    assert client.drawings.change(drawing, DrawingChange(classes=named)).classes == named
    gone = [one.id for one in client.drawings.strokes(drawing, picture).strokes if one.class_id == classes[0].id]
    client.drawings.change_strokes(drawing, picture, StrokeChange(remove=gone))
    assert client.drawings.change(drawing, DrawingChange(classes=named[1:])).classes == named[1:]
    with pytest.raises(ClassTableError, match="same colour"):
        client.drawings.change(
            drawing, DrawingChange(classes=[one.model_copy(update={"colour": "#ff0000"}) for one in named[1:]])
        )


def test_strokes_go_out_as_a_file_and_come_in_again(client: Client, scene: GeneratedScene, png: bytes) -> None:
    drawing, picture = draw(client, scene, png)
    file = json.loads(client.drawings.stroke_file(drawing, picture))
    assert len(file["strokes"]) == len(scene.strokes.strokes)
    other = client.drawings.begin(DrawingBody())
    client.drawings.upload_picture(other.id, "b.png", png)
    loaded = client.drawings.load_stroke_file(other.id, picture, StrokeFileBody.model_validate(file))
    # Classes of the file come by name beside those that there were.
    names = {one.id: one.name for one in loaded.classes}
    assert set(names.values()) == {"sandstone", "mudstone", "limestone", *scene.table.names}
    got = client.drawings.strokes(other.id, picture).strokes
    assert [names[one.class_id] for one in got] == [scene.table.names[int(one.word)] for one in scene.strokes.strokes]
    twice = client.drawings.load_stroke_file(other.id, picture, StrokeFileBody.model_validate(file))
    assert twice.pictures[0].strokes == 2 * len(got)
    assert len(twice.classes) == len(loaded.classes)
    with pytest.raises(LabelsError):
        client.drawings.load_stroke_file(other.id, picture, StrokeFileBody(strokes=["none"]))
    labels = client.send("GET", f"/v1/drawings/{drawing}/pictures/{picture}/labels.png").content
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(labels))), scene.labels.image())
