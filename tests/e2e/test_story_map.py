"""Story C, browse the map, as a person does it: a cluster of real images is enclosed, looked at, named and undone."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Site

GENUS = "inaperturopollenites"
RADIUS_PX = 50.0
CORNERS = 24
MAP_MS = 120_000


@dataclass(frozen=True)
class Points:
    """The map as the service tells it: positions (n, 2) float32, and which points have the genus as their label."""

    positions: NDArray[np.float32]
    named: NDArray[np.bool_]

    def seen_at(self, width: float, height: float) -> NDArray[np.float64]:
        """Where the whole map has them, in pixels of its area."""
        low, high = self.positions.min(axis=0), self.positions.max(axis=0)
        scale = 0.92 * min(width / (high[0] - low[0]), height / (high[1] - low[1]))
        away = (self.positions - (low + high) / 2) * scale
        return np.stack([width / 2 + away[:, 0], height / 2 - away[:, 1]], axis=1)


@pytest.fixture(scope="module")
def points(site: Site) -> Points:
    order = {"kind": "map", "parameters": {"collection": "scampi"}}
    job = httpx.post(f"{site.api}/v1/jobs", json=order).raise_for_status().json()
    with httpx.stream("GET", f"{site.api}/v1/jobs/{job['id']}/events", timeout=MAP_MS / 1000) as events:
        for _ in events.iter_lines():
            pass
    made = site.get("scampi/maps/newest")
    legend = site.get(f"scampi/maps/{made['number']}/legend")
    code = next(one["code"] for one in legend["entries"] if one["value"] == GENUS)
    positions, codes = (httpx.get(f"{site.api}{one}").content for one in (made["positions"], legend["column"]))
    kind = {"u1": "u1", "u2": "<u2"}[legend["type"]]
    return Points(np.frombuffer(positions, "<f4").reshape(-1, 2), np.frombuffer(codes, kind) == code)


def enclose(page: Page, area: Locator, x: float, y: float) -> None:
    """Draw a circle with Shift held."""
    box = area.bounding_box()
    assert box is not None
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + x + RADIUS_PX, box["y"] + y)
    page.mouse.down()
    for step in range(1, CORNERS + 1):
        turn = 2 * math.pi * step / CORNERS
        page.mouse.move(box["x"] + x + RADIUS_PX * math.cos(turn), box["y"] + y + RADIUS_PX * math.sin(turn))
    page.mouse.up()
    page.keyboard.up("Shift")


def with_genus(site: Site) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = site.get(f"scampi/images?label={GENUS}&limit=200")["images"]
    return found


def test_story_map(site: Site, points: Points, open_page: Callable[..., Page]) -> None:
    before = site.counts()
    page = open_page(f"{site.ui}/map?collection=scampi")
    expect(page.locator(".root.scatter[data-ready][data-drawn=whole]")).to_be_visible(timeout=MAP_MS)
    area = page.get_by_role("application", name=re.compile(r"Map \d+ of scampi: 697 images"))
    box = area.bounding_box()
    assert box is not None

    # Around where most images of a genus lie.
    seen = points.seen_at(box["width"], box["height"])
    x, y = (float(one) for one in np.median(seen[points.named], axis=0))
    enclose(page, area, x, y)
    heading = page.get_by_role("heading", name=re.compile(r"^\d+ images enclosed$"))
    expect(heading).to_be_visible()
    count = int(heading.inner_text().split()[0])
    away = np.hypot(*(seen - (x, y)).T)
    inner = RADIUS_PX * math.cos(math.pi / CORNERS)  # of a circle of so many corners
    assert (away < inner - 1).sum() <= count <= (away < RADIUS_PX + 1).sum()
    named = int((away[points.named] < inner - 1).sum())
    assert named > points.named.sum() / 2, "a genus lies together"
    gallery = page.get_by_role("listbox", name=re.compile(f"{count} of {count} images enclosed"))
    expect(gallery.locator("[role=option]")).to_have_count(count)
    expect(page.locator("ol.facies-bars li").first).to_contain_text(GENUS)

    # All of them are named in one step, but for those that a person has named already.
    known = {one["id"] for one in with_genus(site)}
    page.get_by_role("combobox", name="Name them").fill(GENUS)
    page.keyboard.press("Enter")
    page.get_by_role("button", name=f"Label {count}").click()
    expect(page.get_by_text(re.compile(r"\d+ images? (is|are) now"))).to_be_visible()
    new = [one for one in with_genus(site) if one["id"] not in known]
    assert len(new) == site.get("scampi/labels/batches?limit=1")["batches"][0]["images"]
    assert site.counts()["validated"] == before["validated"] + len(new)
    right = sum(f"/{GENUS}/" in one["path"] for one in new)
    assert right > 0.7 * len(new) > 5, f"{right} of {len(new)}"

    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("is undone")).to_be_visible()
    assert site.counts() == before
