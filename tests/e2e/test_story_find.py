"""Story A, find similar fossils: a new picture, what it is like and not like, and only among an older campaign."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Locator, Page, expect

from facies.core.client import Client
from facies.core.wire_search import Example, SearchBody, SearchOut
from tests.e2e.conftest import START_S

SHOWN = 24
GENUS = "alisocysta"


def tiles(page: Page) -> Locator:
    return page.get_by_role("listbox", name=re.compile("neighbours")).get_by_role("option")


def ids(page: Page) -> list[str]:
    found: list[str] = tiles(page).evaluate_all("all => all.map((one) => one.dataset.id)")
    return found


def mark(page: Page, image_id: str, kind: str) -> None:
    cell = page.locator(".cell", has=page.locator(f"[data-id='{image_id}']"))
    cell.hover()
    cell.locator(f".tool.{kind}").click()


def test_story_find(
    site: Any, test_data: Callable[[str], Path], open_page: Callable[..., Page], tmp_path: Path
) -> None:
    source = test_data("scampi-20") / GENUS
    picture = mirrored(min(source.glob("*.jpg")), tmp_path / f"found on {GENUS}.png")
    page = open_page(f"{site.ui}/?collection=scampi")
    expect(page.get_by_role("listbox", name=re.compile("images of scampi"))).to_be_visible()
    page.set_input_files("input[type=file]", picture)
    expect(tiles(page)).to_have_count(SHOWN, timeout=START_S * 1000)  # the network is loaded first
    with Client(site.api) as client:
        first = ask(client, picture)
        assert ids(page) == [one.id for one in first.neighbours]
        expect(page.locator("ol.facies-bars.votes li").first).to_contain_text(GENUS)
        # One that it is like, and one of another genus that it is not like.
        liked = first.neighbours[1].id
        disliked = next(one.id for one in reversed(first.neighbours) if one.label not in (GENUS, None))
        mark(page, liked, "plus")
        mark(page, disliked, "minus")
        page.get_by_role("button", name="Refine search").click()
        expect(page.get_by_role("heading", name="Query of 3 examples")).to_be_visible()
        refined = ask(client, picture, liked, disliked)
        expect(tiles(page).first).to_have_attribute("data-id", refined.neighbours[0].id)
        assert ids(page) == [one.id for one in refined.neighbours]
        page.get_by_role("button", name="Filter").click()
        panel = page.get_by_test_id("stPopoverBody")
        panel.get_by_role("combobox", name=re.compile("campaign")).click()
        page.get_by_role("option", name=re.compile("^old ")).click()
        page.keyboard.press("Escape")
        expect(page.get_by_text("1 filter on")).to_be_visible()
        old = ask(client, picture, liked, disliked, where={"field": "campaign", "equals": "old"})
        expect(tiles(page).last).to_have_attribute("data-id", old.neighbours[-1].id)
        assert ids(page) == [one.id for one in old.neighbours]
    assert {one.metadata["campaign"] for one in old.neighbours} == {"old"}
    expect(page).to_have_url(re.compile(f"id={liked}.*not={disliked}"))
    there = -(-len(list(source.glob("*.jpg"))) // 2)  # every second one is of the older campaign
    assert sum(one.label == GENUS for one in old.neighbours) > 0.8 * there


def mirrored(path: Path, to: Path) -> Path:
    """The same grain seen from behind, which the collection does not hold."""
    with Image.open(path) as image:
        image.convert("RGB").transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(to)
    return to


def ask(client: Client, picture: Path, liked: str | None = None, disliked: str | None = None, **more: Any) -> SearchOut:
    """What the service says to the same question."""
    body = SearchBody(
        positive=[Example(upload=0), *([Example(id=liked)] if liked else [])],
        negative=[Example(id=disliked)] if disliked else [],
        k=SHOWN,
        **more,
    )
    return client.search("scampi", body, [(picture.name, picture.read_bytes())])
