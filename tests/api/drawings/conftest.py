"""A drawing of a generated core, on the real server."""

from __future__ import annotations

import io
from collections.abc import Iterator

import httpx
import pytest
from PIL import Image

from facies.api.drawings.kept import classes_of
from facies.api.drawings.pictures import keep_picture
from facies.api.drawings.store import DrawingStore
from facies.api.drawings.strokes import change_strokes
from facies.api.service import Service
from facies.core.client import Client
from facies.core.wire_drawings import (
    DrawingBody,
    DrawingOut,
    StrokeBody,
    StrokeChange,
)
from facies.indexer.segmentation.generated_cores import GeneratedScene, generate_core
from tests.api.conftest import serving

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


@pytest.fixture
def store(service: Service) -> DrawingStore:
    return DrawingStore.of(service.settings)


@pytest.fixture
def drawing(store: DrawingStore, scene: GeneratedScene) -> str:
    return store.make(DrawingBody(classes=classes_of(scene.table))).id


@pytest.fixture
def picture(service: Service, store: DrawingStore, drawing: str, scene: GeneratedScene, png: bytes) -> str:
    """With strokes on it."""
    keep_picture(service, drawing, "core.png", png)
    (one,) = store.get(drawing).pictures
    change_strokes(store, drawing, one.id, strokes_of(scene))
    return one.id


def begin(client: Client, scene: GeneratedScene, png: bytes, name: str = "core 7.png") -> DrawingOut:
    """A drawing of the scene, in its classes, without strokes."""
    made = client.drawings.begin(DrawingBody(title="Demo", classes=classes_of(scene.table)))
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
