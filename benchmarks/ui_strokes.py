"""Strokes in the browser: seen under the pen, and kept by the service; beside many that were drawn before."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from PIL import Image
from playwright.sync_api import Browser, Page

from benchmarks.browser import fresh_page, wait_until
from facies.core.client import Client
from facies.core.wire_drawings import DrawingBody, DrawingClass, StrokeBody, StrokeChange
from facies.indexer.segmentation.generated_cores import generate_core

HEIGHT: Final = 4_000
WIDTH: Final = 420
BEFORE: Final = 60
"""Strokes that are there already."""
STROKES: Final = 10
"""Drawn in each look."""

_READY: Final = """
() => {
  const [root] = window.deep(".root.scribble");
  const { ready, complete, saved, preview } = root?.dataset ?? {};
  return ready === "true" && complete === "true" && saved === "saved" && preview === "named";
}
"""
_AREA: Final = """
() => {
  const box = window.deep(".scribble .area")[0].getBoundingClientRect();
  return [box.x, box.y, box.width, box.height];
}
"""
_WATCH: Final = """
([x, y]) => {
  // Asked in every frame after the browser has the last move of the pen: does the pixel there have another colour?
  const [root] = window.deep(".root.scribble");
  const canvas = root.querySelector(".area canvas");
  const box = canvas.getBoundingClientRect();
  const density = canvas.width / box.width;
  const place = [Math.round((x - box.x) * density), Math.round((y - box.y) * density), 1, 1];
  const colour = () => canvas.getContext("2d").getImageData(...place).data.join();
  const told = (window.told = {});
  const before = colour();
  let moved = 0;
  const look = () => {
    if (colour() !== before) told.seen = performance.now() - moved;
    else requestAnimationFrame(look);
  };
  const move = (event) => {
    if (event.buttons !== 1 || Math.abs(event.clientX - x) > 1 || Math.abs(event.clientY - y) > 1 || moved) return;
    moved = event.timeStamp;
    requestAnimationFrame(look);
  };
  root.addEventListener("pointermove", move, { capture: true });
  const kept = root.dataset.revision;
  root.addEventListener("pointerup", (event) => {
    root.removeEventListener("pointermove", move, { capture: true });
    const since = () => performance.now() - event.timeStamp;
    let asked = false;
    const watcher = new MutationObserver(() => {
      const { revision, saved, preview } = root.dataset;
      if (revision !== kept && saved === "saved") told.kept ??= since();
      asked ||= preview === "naming";
      if (!asked || preview !== "named") return;
      told.named = since();
      watcher.disconnect();
    });
    watcher.observe(root, { attributes: true });
  }, { capture: true, once: true });
}
"""
_TOLD: Final = """() => window.told.seen && window.told.kept && window.told.named ? window.told : null"""


@dataclass(slots=True)
class StrokeTimes:
    """Seconds of each look and stroke.

    Attributes:
        ready: until picture and strokes are there.
        seen: from the last move of the pen until the canvas shows it.
        kept: from letting the pen go until the service has it on its disk and the page knows.
        named: from letting the pen go until what is in sight is named by all strokes; a quarter of a second of it is a
            pause, in which more strokes may come.
    """

    ready: list[float] = field(default_factory=list)
    seen: list[float] = field(default_factory=list)
    kept: list[float] = field(default_factory=list)
    named: list[float] = field(default_factory=list)


@contextmanager
def drawing(url: str) -> Iterator[str]:
    """A drawing of a generated core with strokes all over it; gives its id."""
    scene = generate_core(7, height=HEIGHT, width=WIDTH, classes=4)
    classes = [
        DrawingClass(id=one.id, name=one.name, colour="#" + bytes(one.colour).hex()) for one in scene.table.classes
    ]
    buffer = io.BytesIO()
    Image.fromarray(scene.image).save(buffer, "PNG")
    with Client(url) as client:
        made = client.drawings.begin(DrawingBody(title="benchmark", classes=classes))
        picture = client.drawings.upload_picture(made.id, "core.png", buffer.getvalue()).pictures[0].id
        client.drawings.change_strokes(made.id, picture, StrokeChange(add=list(_lines(len(classes)))))
        try:
            yield made.id
        finally:
            client.drawings.delete(made.id)


def _lines(classes: int) -> Iterator[StrokeBody]:
    apart = HEIGHT // BEFORE
    for number in range(BEFORE):
        points = [(float(x), float(apart * number + 5)) for x in range(20, WIDTH // 2, 10)]
        line = {"id": number, "class": number % classes, "width": 5, "points": points}
        yield StrokeBody.model_validate(line)


def look_at_strokes(browser: Browser, url: str, drawing_id: str, times: StrokeTimes) -> None:
    """Open a drawing in a fresh profile, and draw on it."""
    with fresh_page(browser) as page:
        start = time.perf_counter()
        page.goto(f"{url}/segment?drawing={drawing_id}", wait_until="commit")
        wait_until(page, _READY)
        times.ready.append(time.perf_counter() - start)
        left, top, width, height = page.evaluate(_AREA)
        middle = left + width / 2
        for number in range(STROKES):
            wait_until(page, _READY)
            shift = 0.2 * (len(times.ready) % 5)  # not over a stroke of an earlier look, which has the same colour
            y = top + height * (0.2 + 0.6 * (number + shift) / STROKES)
            _draw(page, (middle - 60, y), (middle + 60, y))
            told = page.wait_for_function(_TOLD, polling=20).json_value()
            times.seen.append(told["seen"] / 1000)
            times.kept.append(told["kept"] / 1000)
            times.named.append(told["named"] / 1000)


def _draw(page: Page, begin: tuple[float, float], end: tuple[float, float]) -> None:
    end = (float(round(end[0])), float(round(end[1])))
    page.evaluate(_WATCH, list(end))
    page.mouse.move(*begin)
    page.mouse.down()
    page.mouse.move(*end, steps=12)
    page.mouse.up()
