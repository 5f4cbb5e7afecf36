"""Drawings through the real server: pictures in tiles, strokes that are never lost, previews, and whole cores."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from facies.api.drawings.desk import PreviewDesk
from facies.api.drawings.kept import table_of
from facies.api.drawings.pictures import plain_name
from facies.api.drawings.previews import count_fractions
from facies.api.drawings.store import DrawingStore
from facies.api.drawings.tiles import count_levels
from facies.api.service import Service
from facies.core.client import Client
from facies.core.errors import (
    AccessError,
    ClassTableError,
    DepthError,
    DrawingError,
    DrawingNotFoundError,
    LabelsError,
    NoLabelsError,
    PictureNotFoundError,
    PreviewSupersededError,
    QueryError,
    StorageError,
    TooFewClassesError,
    TooManyPreviewsError,
    UnknownClassError,
    UnreadableImageError,
)
from facies.core.wire_drawings import (
    DrawingBody,
    DrawingChange,
    DrawingClass,
    DrawingOut,
    PictureBody,
    PicturePlace,
    PreviewBody,
    RunBody,
    StrokeBody,
    StrokeChange,
    StrokeFileBody,
    WindowBody,
)
from facies.indexer.segmentation.generated_cores import GeneratedScene, generate_core
from facies.indexer.segmentation.preview import PreviewOrder, Window

from .conftest import over, serving

HEIGHT, WIDTH = 700, 96


@pytest.fixture(scope="module")
def scene() -> GeneratedScene:
    return generate_core(5, height=HEIGHT, width=WIDTH, classes=3)


@pytest.fixture(scope="module")
def png(scene: GeneratedScene) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(scene.image).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def client(working: Service) -> Iterator[Client]:
    with serving(working) as http, Client(str(http.base_url), user="Ann") as opened:
        yield opened


@pytest.fixture
def http(working: Service) -> Iterator[httpx.Client]:
    with serving(working) as opened:
        yield opened


def begin(client: Client, scene: GeneratedScene, png: bytes, name: str = "core 7.png") -> DrawingOut:
    """A drawing of the scene, in its classes, without strokes."""
    classes = [
        DrawingClass(id=one.id, name=one.name, colour="#" + bytes(one.colour).hex()) for one in scene.table.classes
    ]
    made = client.drawings.begin(DrawingBody(title="Demo", classes=classes))
    return client.drawings.upload_picture(made.id, name, png)


def strokes_of(scene: GeneratedScene, *classes: int) -> StrokeChange:
    wanted = [one for one in scene.strokes.strokes if not classes or one.word in classes]
    return StrokeChange(
        add=[
            StrokeBody(id=one.id, class_id=int(one.word), width=one.width, points=one.points.tolist()) for one in wanted
        ]
    )


def draw(client: Client, scene: GeneratedScene, png: bytes) -> tuple[str, str]:
    drawing = begin(client, scene, png)
    picture = drawing.pictures[0].id
    client.drawings.change_strokes(drawing.id, picture, strokes_of(scene))
    return drawing.id, picture


# --- drawings and pictures ---


def test_a_drawing_lives_and_dies(client: Client, scene: GeneratedScene, png: bytes) -> None:
    assert client.drawings.list() == []
    first = client.drawings.begin(DrawingBody())
    assert [one.name for one in first.classes] == ["sandstone", "mudstone", "limestone"]
    macerals = client.drawings.begin(DrawingBody(task="macerals", title="Coal"))
    assert {one.name for one in macerals.classes} >= {"vitrinite", "inertinite", "liptinite"}
    client.drawings.upload_picture(first.id, "a.png", png)
    assert [one.id for one in client.drawings.list()] == [first.id, macerals.id]
    assert client.drawings.change(macerals.id, DrawingChange(title="Lignite")).title == "Lignite"
    client.drawings.delete(first.id)
    assert [one.id for one in client.drawings.list()] == [macerals.id]
    with pytest.raises(DrawingNotFoundError, match="Begin another one"):
        client.drawings.get(first.id)
    for wrong in ("..x", "zz"):
        with pytest.raises(DrawingNotFoundError):
            client.drawings.get(wrong)


def test_pictures_come_from_uploads_collections_and_paths(
    busy_client: Client, busy: Service, gallery: Path, tmp_path: Path
) -> None:
    client = busy_client
    image = client.images("g", limit=1).images[0]
    drawing = client.drawings.begin(DrawingBody())
    shown = client.drawings.add_picture(drawing.id, PictureBody(collection="g", image=image.id)).pictures[0]
    assert (shown.collection, shown.image, shown.width, shown.height) == ("g", image.id, image.width, image.height)
    assert shown.sha256 == image.sha256
    path = next(path for path in sorted(gallery.rglob("*.png")) if str(path) != image.path)
    both = client.drawings.add_picture(drawing.id, PictureBody(path=str(path)))
    assert [one.name for one in both.pictures] == [shown.name, path.name]
    again = client.drawings.add_picture(drawing.id, PictureBody(path=str(path)))
    assert again.pictures == both.pictures, "the same picture twice is one picture"
    with pytest.raises(AccessError):
        client.drawings.add_picture(drawing.id, PictureBody(path=str(tmp_path / "outside.png")))
    with pytest.raises(QueryError, match="give one of them"):
        client.drawings.add_picture(drawing.id, PictureBody(collection="g"))
    with pytest.raises(UnreadableImageError):
        client.drawings.upload_picture(drawing.id, "a.png", b"no image at all")
    left = client.drawings.remove_picture(drawing.id, shown.id)
    assert [one.id for one in left.pictures] == [both.pictures[1].id]
    with pytest.raises(PictureNotFoundError):
        client.drawings.strokes(drawing.id, shown.id)


def test_tiles_of_all_levels_show_the_picture(http: httpx.Client, scene: GeneratedScene, png: bytes) -> None:
    with Client(str(http.base_url)) as client:
        shown = begin(client, scene, png).pictures[0]
    assert shown.tiles.levels == 2

    def tile(place: str) -> np.ndarray:
        answer = http.get(f"{shown.tiles.path}/{place}")
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        return np.asarray(Image.open(io.BytesIO(answer.content))).astype(float)

    lower = tile("0/1/0")
    assert lower.shape == (HEIGHT - 512, WIDTH, 3)
    assert np.abs(lower - scene.image[512:]).mean() < 6
    small = tile("1/0/0")
    assert small.shape == (HEIGHT // 2, WIDTH // 2, 3)
    halved = scene.image.astype(float).reshape(HEIGHT // 2, 2, WIDTH // 2, 2, 3).mean(axis=(1, 3))
    assert np.abs(small - halved).mean() < 6
    missing = http.get(f"{shown.tiles.path}/0/7/0")
    assert missing.status_code == 422
    etag = http.get(f"{shown.tiles.path}/0/0/0").headers["etag"]
    assert http.get(f"{shown.tiles.path}/0/0/0", headers={"if-none-match": etag}).status_code == 304


def test_what_was_laid_out_is_made_again_when_it_is_lost(
    client: Client, working: Service, scene: GeneratedScene, png: bytes
) -> None:
    drawing = begin(client, scene, png)
    shown = drawing.pictures[0]
    store = DrawingStore.of(working.settings)
    view = store.place(store.get(drawing.id), shown.id) / "view"
    view.rename(view.with_name("gone"))
    assert client.send("GET", f"{shown.tiles.path}/0/0/0").status_code == 200


def test_depths_are_checked_when_they_are_given(client: Client, scene: GeneratedScene, png: bytes) -> None:
    drawing = begin(client, scene, png)
    picture = drawing.pictures[0].id
    placed = client.drawings.place_picture(drawing.id, picture, PicturePlace(top_m=1200, base_m=1201))
    assert (placed.pictures[0].top_m, placed.pictures[0].base_m) == (1200, 1201)
    for wrong in (PicturePlace(base_m=3), PicturePlace(top_m=5, base_m=4), PicturePlace(top_m=5)):
        with pytest.raises((QueryError, DepthError)):
            client.drawings.place_picture(drawing.id, picture, wrong)
    assert client.drawings.place_picture(drawing.id, picture, PicturePlace()).pictures[0].top_m is None


# --- strokes ---


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


# --- previews ---


def test_a_preview_names_the_window(client: Client, scene: GeneratedScene, png: bytes) -> None:
    drawing, picture = draw(client, scene, png)
    body = PreviewBody(window=WindowBody(x=0, y=100, width=WIDTH, height=400), step=2)
    told, data = client.drawings.preview(drawing, picture, body)
    assert told.window == body.window
    pixels = np.asarray(Image.open(io.BytesIO(data)))
    assert pixels.shape == (200, 48, 3)
    assert (pixels[..., 0] == scene.truth[100:500:2, ::2]).mean() > 0.85
    assert sum(told.fractions.values()) == pytest.approx(1, abs=1e-3)
    assert 0 < told.uncertainty < 1
    assert pixels[..., 1].mean() / 255 == pytest.approx(told.uncertainty, abs=0.02)


def test_a_preview_without_two_classes_says_what_to_do(client: Client, scene: GeneratedScene, png: bytes) -> None:
    drawing = begin(client, scene, png)
    picture = drawing.pictures[0].id
    body = PreviewBody(window=WindowBody(width=10, height=10))
    with pytest.raises(NoLabelsError, match="Draw at least one stroke in each class"):
        client.drawings.preview(drawing.id, picture, body)
    client.drawings.change_strokes(drawing.id, picture, strokes_of(scene, 0))
    with pytest.raises(TooFewClassesError, match="draw strokes in what is to be told apart"):
        client.drawings.preview(drawing.id, picture, body)


def test_a_newer_preview_supersedes_and_only_so_many_wait(working: Service) -> None:
    """Two threads hold the desk with previews that take until they are let go."""
    order = PreviewOrder(None, Window(0, 0, 1, 1), [], None, version=0)  # type: ignore[arg-type]  # no picture is looked at
    desk = PreviewDesk(most_waiting=1)
    begun, go_on = threading.Event(), threading.Event()

    class Held:
        def name(self, _: object, check: Any) -> None:
            begun.set()
            go_on.wait(10)
            check()

    desk._previewer = Held()  # type: ignore[assignment]  # what takes long is not what this is about
    found: list[Exception] = []

    def ask() -> None:
        try:
            desk.name(working.settings, order, "a", 1)
        except PreviewSupersededError as error:
            found.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    assert begun.wait(10)
    with pytest.raises(TooManyPreviewsError):
        desk.name(working.settings, order, "a", 2)
    go_on.set()
    thread.join()
    assert [str(one) for one in found] == ["preview 1 was given up, since a newer one was asked for meanwhile."]


def test_a_superseded_preview_has_no_content(client: Client, scene: GeneratedScene, png: bytes) -> None:
    drawing, picture = draw(client, scene, png)
    body = PreviewBody(window=WindowBody(width=10, height=10), client="a", turn=2)
    client.drawings.preview(drawing, picture, body)
    with pytest.raises(PreviewSupersededError):
        client.drawings.preview(drawing, picture, body.model_copy(update={"turn": 1}))


# --- whole cores ---


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


# --- small parts ---


def test_names_of_pictures_are_plain() -> None:
    assert plain_name("a/b\\c d.tif") == "c d.tif"
    assert plain_name("bohrkern-größe.png") == "bohrkern-gr__e.png"
    assert len(plain_name("x" * 300 + ".png")) == 104


def test_levels_go_down_to_one_tile() -> None:
    assert [count_levels(*size) for size in ((1, 1), (512, 513), (2000, 40_000))] == [1, 2, 8]


def test_fractions_leave_out_what_is_not_there(scene: GeneratedScene) -> None:
    assert count_fractions(np.array([[0, 0], [0, 2]], np.uint8), scene.table) == {0: 0.75, 2: 0.25}
    assert len(table_of([DrawingClass(id=3, name="a", colour="#010203")])) == 1
