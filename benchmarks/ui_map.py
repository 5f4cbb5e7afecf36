"""The map in the browser: ready with all its points drawn, and a lasso until its count is shown."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

from playwright.sync_api import Browser, Page

from benchmarks.browser import fresh_page, wait_until

_SEEN = """() => window.deep(".root.scatter[data-ready]").length > 0"""
_DRAWN = """() => window.deep(".root.scatter[data-ready][data-drawn=whole]").length > 0"""
_SHOWN = """
() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => {
  // Reading a pixel waits for everything that was ordered before.
  const gl = window.deep("canvas.points")[0].getContext("webgl2");
  gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  done();
})))
"""
_COUNTED = """() => [...document.querySelectorAll("h3")].some((one) => / images? enclosed$/.test(one.textContent))"""
_AREA = """
() => {
  const box = window.deep(".scatter .area")[0].getBoundingClientRect();
  return [box.x, box.y, box.width, box.height];
}
"""
SHARE = 0.35
"""Of the map's height that the lasso is wide."""


@dataclass(slots=True)
class MapTimes:
    """Seconds of each look: until a part of the points is seen, until all are, and from a lasso to its count."""

    seen: list[float] = field(default_factory=list)
    ready: list[float] = field(default_factory=list)
    lasso: list[float] = field(default_factory=list)
    enclosed: list[int] = field(default_factory=list)


def look_at_map(browser: Browser, url: str, collection: str, times: MapTimes) -> None:
    """Open the map in a fresh profile, and draw a lasso around its middle."""
    with fresh_page(browser) as page:
        start = time.perf_counter()
        page.goto(f"{url}/map?collection={collection}", wait_until="commit")
        wait_until(page, _SEEN)
        page.evaluate(_SHOWN)
        times.seen.append(time.perf_counter() - start)
        wait_until(page, _DRAWN)
        page.evaluate(_SHOWN)
        times.ready.append(time.perf_counter() - start)
        draw_lasso(page)
        start = time.perf_counter()
        page.mouse.up()
        wait_until(page, _COUNTED)
        times.lasso.append(time.perf_counter() - start)
        text = page.locator("h3", has_text="enclosed").inner_text()
        times.enclosed.append(int(text.split()[0].replace(",", "")))


def draw_lasso(page: Page) -> None:
    """Draw a circle with Shift held, all but letting go."""
    x, y, width, height = page.evaluate(_AREA)
    middle, radius = (x + width / 2, y + height / 2), SHARE * height / 2
    turns = [step / 24 * 2 * math.pi for step in range(25)]
    corners = [(middle[0] + radius * math.cos(turn), middle[1] + radius * math.sin(turn)) for turn in turns]
    page.keyboard.down("Shift")
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*corner)
    page.keyboard.up("Shift")
