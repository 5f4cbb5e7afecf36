"""Points that are drawn in parts, in the browser's own WebGL: none is lost, none is left from an earlier look."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from facies.ui.components.component import Component

WIDTH, HEIGHT = 500, 400
PARTS = Component("scatter", ("palette", "points", "painter"))
SETUP = """
([script, width, height]) => {
  const { Points, Painter } = new Function(`${script}; return { Points, Painter }`)();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  document.body.append(canvas);
  const points = new Points(canvas);
  // One point in the middle of each pixel, so that a point that is not drawn is a pixel that stays clear.
  const positions = new Float32Array(2 * width * height);
  for (let at = 0; at < width * height; at++) positions.set([(at % width) + 0.5, Math.floor(at / width) + 0.5], 2 * at);
  points.setPositions(positions);
  points.setValues(new Uint8Array(width * height).map((_, at) => at % 2));
  points.setPalette(new Uint8Array([255, 0, 0, 255, 0, 0, 255, 255]));
  window.shift = 0;
  window.points = points;
  window.look = () => ({
    scale: [2 / width, 2 / height],
    shift: [-1 + (2 * window.shift) / width, -1],
    size: 1,
    numbers: false,
    range: [0, 1],
    less: [0.5, 0.5, 0.5, 0.5],
  });
  window.told = [];
  window.painter = new Painter(points, () => window.look(), (isWhole) => window.told.push(isWhole));
  window.lit = (red) => {
    const seen = new Uint8Array(4 * width * height);
    points.gl.readPixels(0, 0, width, height, points.gl.RGBA, points.gl.UNSIGNED_BYTE, seen);
    let count = 0;
    for (let at = 0; at < seen.length; at += 4) count += seen[at + 3] === 255 && (seen[at] === 255) === red;
    return count;
  };
}
"""


@pytest.fixture
def canvas(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    page.evaluate(SETUP, [PARTS.read_script(), WIDTH, HEIGHT])
    yield page
    page.close()


def lit(page: Page) -> tuple[int, int]:
    """How many pixels are red and blue."""
    red, blue = (page.evaluate("(red) => lit(red)", red) for red in (True, False))
    return red, blue


def whole(page: Page) -> list[Any]:
    page.wait_for_function("() => told.at(-1) === true")
    told: list[Any] = page.evaluate("told")
    return told


def test_all_parts_together_are_all_points(canvas: Page) -> None:
    assert canvas.evaluate("points.parts") == 4
    canvas.evaluate("painter.paint()")
    assert whole(canvas) == [False, True]
    assert lit(canvas) == (WIDTH * HEIGHT / 2, WIDTH * HEIGHT / 2)


def test_a_part_is_an_even_sample(canvas: Page) -> None:
    canvas.evaluate("points.clear(); points.draw(look(), 1, 2)")
    assert sum(lit(canvas)) == WIDTH * HEIGHT / 4
    rows = canvas.evaluate(
        """([width, height]) => {
          const seen = new Uint8Array(4 * width * height);
          points.gl.readPixels(0, 0, width, height, points.gl.RGBA, points.gl.UNSIGNED_BYTE, seen);
          return Array.from({ length: height }, (_, row) => {
            let count = 0;
            for (let at = 0; at < width; at++) count += seen[4 * (row * width + at) + 3] > 0;
            return count;
          });
        }""",
        [WIDTH, HEIGHT],
    )
    assert set(rows) == {WIDTH / 4}


def test_a_new_look_in_the_middle_begins_anew(canvas: Page) -> None:
    canvas.evaluate(
        """() => new Promise((done) => {
          painter.paint();
          const wait = () => {
            if (painter.part === 0) return requestAnimationFrame(wait);
            window.between = painter.part;
            window.shift = 100; // the leftmost hundred columns stay clear
            painter.paint();
            done();
          };
          wait();
        })"""
    )
    whole(canvas)
    assert 0 < canvas.evaluate("between") < 4
    assert sum(lit(canvas)) == (WIDTH - 100) * HEIGHT


PACE = """(times) => {
  // How many parts are drawn at a time after each of these times, in ms, on a card that draws nothing.
  const gl = { UNSIGNALED: 0, getSyncParameter: () => 1, deleteSync: () => {} };
  const painter = new painter_class({ gl, parts: 16 });
  return times.map((took) => {
    painter.fence = {};
    painter.begun = performance.now() - took;
    painter.isBehind();
    return painter.pace;
  });
}""".replace("painter_class", "window.painter.constructor")


def test_a_card_that_keeps_up_gets_more_parts_at_a_time_and_one_that_does_not_fewer(canvas: Page) -> None:
    assert canvas.evaluate(PACE, [0, 0, 0, 0, 0]) == [2, 4, 8, 16, 16]
    assert canvas.evaluate(PACE, [0, 0, 40, 500, 500, 500]) == [2, 4, 4, 2, 1, 1]


def test_a_card_that_is_not_done_is_waited_for(canvas: Page) -> None:
    waits = """() => {
      const gl = { UNSIGNALED: 0, getSyncParameter: () => 0 };
      const painter = new window.painter.constructor({ gl, parts: 16 });
      painter.fence = {};
      return painter.isBehind();
    }"""
    assert canvas.evaluate(waits)
