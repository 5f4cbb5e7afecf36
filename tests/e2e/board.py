"""An open page with a picture to draw on, for the tests that draw."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from facies.core.client import Client
from facies.core.wire_drawings import DrawingOut, StrokeBody

READY_MS = 60_000


@dataclass
class Board:
    """An open page with a picture to draw on."""

    page: Page
    client: Client
    drawing: DrawingOut

    @property
    def root(self) -> Locator:
        return self.page.locator(".root.scribble")

    @property
    def area(self) -> Locator:
        return self.page.get_by_role("application", name=re.compile("Drawing on "))

    def view(self) -> tuple[float, float, float]:
        x, y, k = map(float, (self.root.get_attribute("data-view") or "").split(","))
        return x, y, k

    def screen(self, column: float, row: float) -> tuple[float, float]:
        """Where on the page the middle of a pixel is."""
        box = self.area.bounding_box()
        assert box is not None
        x, y, k = self.view()
        # The canvas begins inside the border.
        return box["x"] + 1 + (column + 0.5 - x) * k, box["y"] + 1 + (row + 0.5 - y) * k

    def drag(self, *pixels: tuple[float, float], button: Any = "left") -> None:
        """Drag over pixels of the picture."""
        self.area.scroll_into_view_if_needed()
        places = [self.screen(*one) for one in pixels]
        self.page.mouse.move(*places[0])
        self.page.mouse.down(button=button)
        for place in places[1:]:
            self.page.mouse.move(*place, steps=6)
        self.page.mouse.up(button=button)

    def press(self, key: str) -> None:
        self.area.focus()
        self.page.keyboard.press(key)

    def strokes(self, count: int) -> list[StrokeBody]:
        """The strokes that the service has, when it has so many and the page knows that they are kept."""
        expect(self.root).to_have_attribute("data-strokes", str(count))
        expect(self.root).to_have_attribute("data-saved", "saved")
        kept = self.client.drawings.strokes(self.drawing.id, self.drawing.pictures[0].id).strokes
        assert len(kept) == count
        return kept


def wait_until_ready(board: Board) -> Board:
    expect(board.root).to_have_attribute("data-ready", "true", timeout=READY_MS)
    expect(board.root).to_have_attribute("data-complete", "true")
    return board


def ends(stroke: StrokeBody) -> list[tuple[float, float]]:
    return [stroke.points[0], stroke.points[-1]]


def close(points: list[tuple[float, float]], wanted: list[tuple[float, float]], by: float = 1.0) -> bool:
    return bool(np.abs(np.array(points) - np.array(wanted)).max() <= by)


def wait_until(board: Board, is_so: Callable[[], bool]) -> None:
    for _ in range(200):
        if is_so():
            return
        board.page.wait_for_timeout(50)
    pytest.fail("nothing came")
