"""Previews of a window through the real server, and the desk where they wait."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable
from functools import partial

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
from facies.core.settings import Settings
from facies.core.wire_drawings import (
    PreviewBody,
    StrokeChange,
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
    """Threads hold the desk with previews that take until they are let go; those of one client are one wish."""
    window = Window(0, 0, 1, 1)
    order = PreviewOrder(Picture("a.png", "0" * 64, scene.image), window, [], scene.table, version=0)
    begun, go_on = threading.Event(), threading.Event()

    class Held:
        def name(self, order: PreviewOrder, check: Callable[[], None]) -> NamedWindow:
            begun.set()
            go_on.wait(10)
            check()
            raise AssertionError("nothing is named here")

    desk = PreviewDesk(2, lambda settings: Held())
    found: dict[int, str] = {}

    def ask(turn: int) -> None:
        try:
            desk.name(working.settings, order, "a", turn)
        except (PreviewSupersededError, TooManyPreviewsError, AssertionError) as error:
            found[turn] = str(error)

    threads = [threading.Thread(target=ask, args=(turn,)) for turn in range(1, 6)]
    threads[0].start()
    assert begun.wait(10)
    for thread in threads[1:]:
        thread.start()
        wait_until(partial(is_line, desk, [1, threads.index(thread) + 1]))
    for thread in threads[1:4]:
        thread.join(10)
    words = "preview {} was given up, since a newer one was asked for meanwhile."
    assert found == {turn: words.format(turn) for turn in (2, 3, 4)}, "those that wait leave at once"
    with pytest.raises(PreviewSupersededError):
        desk.name(working.settings, order, "a", 4)
    other = threading.Thread(target=ask_as, args=(desk, working.settings, order, "b"))
    other.start()
    wait_until(partial(is_line, desk, [1, 5, 1]))
    with pytest.raises(TooManyPreviewsError, match="2 previews are waiting"):
        desk.name(working.settings, order, "c", 1)
    go_on.set()
    for thread in (threads[0], threads[4], other):
        thread.join(10)
    assert found[1] == words.format(1)
    assert desk._line == []


def is_line(desk: PreviewDesk, turns: list[int]) -> bool:
    return [one.turn for one in desk._line] == turns


def wait_until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.005)


def ask_as(desk: PreviewDesk, settings: Settings, order: PreviewOrder, client: str) -> None:
    with pytest.raises(AssertionError):
        desk.name(settings, order, client, 1)


def test_a_superseded_preview_has_no_content(client: Client, scene: GeneratedScene, png: bytes) -> None:
    drawing, picture = draw(client, scene, png)
    body = PreviewBody(window=WindowBody(width=10, height=10), client="a", turn=2)
    client.drawings.preview(drawing, picture, body)
    with pytest.raises(PreviewSupersededError):
        client.drawings.preview(drawing, picture, body.model_copy(update={"turn": 1}))


def test_a_picture_that_is_added_again_is_named_by_its_new_strokes(
    client: Client, scene: GeneratedScene, png: bytes
) -> None:
    drawing, picture = draw(client, scene, png)
    body = PreviewBody(window=WindowBody(width=WIDTH, height=200))
    first, _ = client.drawings.preview(drawing, picture, body)
    client.drawings.remove_picture(drawing, picture)
    client.drawings.upload_picture(drawing, "core 7.png", png)
    turned = [
        one.model_copy(update={"class_id": (one.class_id + 1) % len(scene.table)}) for one in strokes_of(scene).add
    ]
    client.drawings.change_strokes(drawing, picture, StrokeChange(add=turned))
    second, _ = client.drawings.preview(drawing, picture, body)
    wanted = {(number + 1) % len(scene.table): share for number, share in first.fractions.items()}
    assert second.fractions == pytest.approx(wanted, abs=0.02)
