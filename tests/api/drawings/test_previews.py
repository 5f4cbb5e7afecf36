"""Previews of a window through the real server, and the desk where they wait."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from facies.api.drawings.desk import PreviewDesk
from facies.api.service import Service
from facies.core.client import Client
from facies.core.errors import (
    NoLabelsError,
    PreviewSupersededError,
    TooFewClassesError,
    TooManyPreviewsError,
)
from facies.core.wire_drawings import (
    PreviewBody,
    WindowBody,
)
from facies.indexer.segmentation.generated_cores import GeneratedScene
from facies.indexer.segmentation.pictures import Picture
from facies.indexer.segmentation.preview import NamedWindow, PreviewOrder, Window

from .conftest import WIDTH, begin, draw, strokes_of


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


def test_a_newer_preview_supersedes_and_only_so_many_wait(working: Service, scene: GeneratedScene) -> None:
    """Two threads hold the desk with previews that take until they are let go."""
    window = Window(0, 0, 1, 1)
    order = PreviewOrder(Picture("a.png", "0" * 64, scene.image), window, [], scene.table, version=0)
    begun, go_on = threading.Event(), threading.Event()

    class Held:
        def name(self, order: PreviewOrder, check: Callable[[], None]) -> NamedWindow:
            begun.set()
            go_on.wait(10)
            check()
            raise AssertionError("an older preview is given up")

    desk = PreviewDesk(1, lambda settings: Held())
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
