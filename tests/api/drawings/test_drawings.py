"""Drawings and their pictures through the real server: they live and die, and are shown in tiles."""

from __future__ import annotations

import io
import os
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from facies.api.drawings.kept import table_of
from facies.api.drawings.pictures import keep_picture, open_picture, plain_name
from facies.api.drawings.previews import count_fractions
from facies.api.drawings.store import DrawingStore
from facies.api.drawings.tiles import count_levels, lay_out
from facies.api.service import Service
from facies.core.client import Client
from facies.core.errors import (
    AccessError,
    DepthError,
    DrawingNotFoundError,
    PictureNotFoundError,
    QueryError,
    UnreadableImageError,
)
from facies.core.wire_drawings import (
    DrawingBody,
    DrawingChange,
    DrawingClass,
    PictureBody,
    PicturePlace,
)
from facies.indexer.segmentation.generated_cores import GeneratedScene

from .conftest import HEIGHT, WIDTH, begin


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


@pytest.mark.parametrize("lost", [".", "0/0-0.jpg", "0/1-0.jpg", "pixels.npy"])
def test_what_was_laid_out_is_made_again_when_it_is_lost(
    *, client: Client, working: Service, scene: GeneratedScene, png: bytes, lost: str
) -> None:
    drawing = begin(client, scene, png)
    shown = drawing.pictures[0]
    store = DrawingStore.of(working.settings)
    found = store.get(drawing.id)
    view = store.place(found, shown.id) / "view"
    before = {place: client.send("GET", f"{shown.tiles.path}/{place}").content for place in ("0/0/0", "0/1/0", "1/0/0")}
    (view / lost).rename(view.with_name("gone"))
    if lost.endswith(".jpg"):
        (view / lost).touch()  # as a power cut may leave it
    for place, content in before.items():
        assert client.send("GET", f"{shown.tiles.path}/{place}").content == content
    assert np.array_equal(open_picture(working, store, found, found.pictures[0]).pixels, scene.image)
    assert not list(view.parent.glob(".view*"))


def test_what_has_a_name_is_on_the_disk(
    service: Service, png: bytes, scene: GeneratedScene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: set[int] = set()
    real = os.fsync

    def note(descriptor: int) -> None:
        flushed.add(os.fstat(descriptor).st_ino)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    place = tmp_path / "place"
    place.mkdir()
    for _ in range(2):  # another process may do the same at once
        lay_out(scene.image, place / "view")
    assert {path.stat().st_ino for path in [place, *place.rglob("*")]} <= flushed
    flushed.clear()
    store = DrawingStore.of(service.settings)
    drawing = store.make(DrawingBody())
    keep_picture(service, drawing.id, "core.png", png)
    kept = [store.root.parent, store.root, *store.root.rglob("*")]
    assert [str(path) for path in kept if path.stat().st_ino not in flushed and path.name != ".lock"] == []


def test_depths_are_checked_when_they_are_given(client: Client, scene: GeneratedScene, png: bytes) -> None:
    drawing = begin(client, scene, png)
    picture = drawing.pictures[0].id
    placed = client.drawings.place_picture(drawing.id, picture, PicturePlace(top_m=1200, base_m=1201))
    assert (placed.pictures[0].top_m, placed.pictures[0].base_m) == (1200, 1201)
    for wrong in (PicturePlace(base_m=3), PicturePlace(top_m=5, base_m=4), PicturePlace(top_m=5)):
        with pytest.raises((QueryError, DepthError)):
            client.drawings.place_picture(drawing.id, picture, wrong)
    assert client.drawings.place_picture(drawing.id, picture, PicturePlace()).pictures[0].top_m is None


def test_names_of_pictures_are_plain() -> None:
    assert plain_name("a/b\\c d.tif") == "c d.tif"
    assert plain_name("bohrkern-größe.png") == "bohrkern-gr__e.png"
    assert len(plain_name("x" * 300 + ".png")) == 104


def test_levels_go_down_to_one_tile() -> None:
    assert [count_levels(*size) for size in ((1, 1), (512, 513), (2000, 40_000))] == [1, 2, 8]


def test_fractions_leave_out_what_is_not_there(scene: GeneratedScene) -> None:
    assert count_fractions(np.array([[0, 0], [0, 2]], np.uint8), scene.table) == {0: 0.75, 2: 0.25}
    assert len(table_of([DrawingClass(id=3, name="a", colour="#010203")])) == 1
