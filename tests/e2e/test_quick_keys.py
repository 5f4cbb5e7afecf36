"""Keys that come faster than the service answers: none is lost, none counts twice; what is held down counts once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from facies.ui.components.grid import GRID
from tests.e2e.slow_service import slow_service

PRESS = """(all, keys) => {
  for (const key of keys) {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    at.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, composed: true, cancelable: true }));
  }
}"""
"""All keys in one go, as no person does it."""


@pytest.fixture(scope="module")
def ui(stack: Any, start_ui: Callable[[str], AbstractContextManager[str]]) -> Iterator[str]:
    """The interface on a service that takes its time for each label."""
    with slow_service(stack.api, 0.4) as api, start_ui(api) as address:
        yield address


@pytest.fixture
def gallery(stack: Any, ui: str, open_page: Callable[..., Page]) -> Iterator[Page]:
    first = batches(stack)[0]["number"]
    page = open_page(f"{ui}/?collection=samples")
    expect(tiles(page).first).to_be_visible()
    tiles(page).first.focus()
    yield page
    for batch in batches(stack):
        if batch["number"] > first and batch["in_effect"] and batch["undoes"] is None:
            httpx.post(f"{labels_of(stack)}/batches/{batch['number']}/undo").raise_for_status()


def labels_of(stack: Any) -> str:
    return f"{stack.api}/v1/collections/samples/labels"


def batches(stack: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(f"{labels_of(stack)}/batches?limit=100").json()["batches"]
    return found


def labels(stack: Any, ids: list[str]) -> list[str | None]:
    place = f"{stack.api}/v1/collections/samples/images"
    return [httpx.get(f"{place}/{one}").json()["label"] for one in ids]


def tiles(page: Page) -> Locator:
    return page.get_by_role("listbox", name=re.compile("images of samples")).locator("[role=option]")


def first_ids(page: Page, count: int) -> list[str]:
    found: list[str] = tiles(page).evaluate_all(
        "(all, count) => all.slice(0, count).map((one) => one.dataset.id)", count
    )
    return found


def keys_of(page: Page) -> list[str]:
    """What lies on the keys, as the bar says."""
    keys = page.get_by_role("group", name="Labels on the keys 1 to 9").get_by_role("button")
    found: list[str] = keys.evaluate_all("all => all.map((one) => one.title)")
    return found


def wait_until_heard(page: Page) -> None:
    expect(page.locator(".chip.waiting")).to_have_count(0)


def press(page: Page, keys: list[str], pause_ms: int) -> None:
    if not pause_ms:
        tiles(page).evaluate_all(PRESS, keys)
        return
    for key in keys:
        page.keyboard.press(key)
        page.wait_for_timeout(pause_ms)


@pytest.mark.parametrize("pause_ms", [0, 60, 250])
def test_ten_quick_keys_label_ten_images(stack: Any, gallery: Page, pause_ms: int) -> None:
    ids = first_ids(gallery, 10)
    before = labels(stack, ids)
    newest = batches(stack)[0]["number"]
    tiles(gallery).first.click()
    names = keys_of(gallery)
    keys = [str(1 + place % 3) for place in range(10)]
    press(gallery, keys, pause_ms)
    expect(tiles(gallery).nth(10)).to_be_focused()
    wait_until_heard(gallery)
    assert labels(stack, ids) == [names[int(key) - 1] for key in keys]
    given = [one for one in batches(stack) if one["number"] > newest]
    assert [one["images"] for one in given] == [1] * 10
    press(gallery, ["u"] * 10, pause_ms)
    expect(gallery.get_by_text(f"Batch {given[-1]['number']} is undone")).to_be_visible()
    assert labels(stack, ids) == before


@pytest.mark.parametrize("pause_ms", [0, 100])
def test_a_label_and_its_undoing_end_where_they_began(stack: Any, gallery: Page, pause_ms: int) -> None:
    ids = first_ids(gallery, 2)
    before = labels(stack, ids)
    tiles(gallery).first.click()
    press(gallery, ["1"], 0)
    expect(gallery.get_by_text("1 image is now")).to_be_visible()
    named = labels(stack, ids)
    newest = batches(stack)[0]["number"]
    press(gallery, ["2", "u"], pause_ms)
    expect(gallery.get_by_text(f"Batch {newest + 1} is undone")).to_be_visible()
    assert labels(stack, ids) == named
    press(gallery, ["u"], 0)
    expect(gallery.get_by_text(f"Batch {newest} is undone")).to_be_visible()
    assert labels(stack, ids) == before


def test_what_was_pressed_before_the_page_is_left_is_done(stack: Any, gallery: Page) -> None:
    ids = first_ids(gallery, 3)
    tiles(gallery).first.click()
    names = keys_of(gallery)
    press(gallery, ["3", "2", "1"], 60)
    gallery.get_by_role("link", name="Jobs").click()
    expect(gallery.get_by_role("heading", name="Jobs")).to_be_visible()
    assert labels(stack, ids) == [names[2], names[1], names[0]]
    gallery.get_by_role("link", name="Search").click()
    expect(tiles(gallery).first).to_be_visible()
    newest = batches(stack)[0]["number"]
    tiles(gallery).nth(3).click()
    press(gallery, ["1"], 0)
    expect(gallery.locator(".chip.waiting")).to_have_count(1)
    wait_until_heard(gallery)
    assert batches(stack)[0]["number"] == newest + 1, "what was done before is not done again"


LEAVE = """([page, keys, pause]) => {
  keys.forEach((key, at) => setTimeout(() => PRESS(null, [key]), 60 * at));
  setTimeout(() => document.querySelector(`a[href$="/${page}"]`).click(), 60 * (keys.length - 1) + pause);
}""".replace("PRESS", f"({PRESS})")


@pytest.mark.parametrize("pause_ms", [0, 30, 60, 100])
def test_the_last_key_before_the_page_is_left_counts(stack: Any, gallery: Page, pause_ms: int) -> None:
    ids = first_ids(gallery, 3)
    tiles(gallery).first.click()
    names = keys_of(gallery)
    gallery.evaluate(LEAVE, ["jobs", ["3", "2", "1"], pause_ms])
    expect(gallery.get_by_role("heading", name="Jobs")).to_be_visible()
    assert labels(stack, ids) == [names[2], names[1], names[0]]
    gallery.wait_for_timeout(500)
    expect(gallery.get_by_role("heading", name="Jobs")).to_be_visible()


ASKS = """() => {
  const leaving = new Event("beforeunload", { cancelable: true });
  window.dispatchEvent(leaving);
  return leaving.defaultPrevented;
}"""


def test_before_a_reload_the_browser_asks_until_all_is_done(gallery: Page) -> None:
    assert not gallery.evaluate(ASKS)
    tiles(gallery).first.click()
    press(gallery, ["3", "2", "1"], 0)
    assert gallery.evaluate(ASKS)
    wait_until_heard(gallery)
    assert not gallery.evaluate(ASKS)


def test_a_link_that_waits_shows_it(gallery: Page) -> None:
    cursor = "document.documentElement.style.cursor"
    tiles(gallery).first.click()
    press(gallery, ["3", "2", "1"], 0)
    clicked = gallery.get_by_role("link", name="Jobs").evaluate(f"link => (link.click(), {cursor})")
    assert clicked == "progress"
    expect(gallery.get_by_role("heading", name="Jobs")).to_be_visible()
    assert gallery.evaluate(cursor) == ""


def test_a_key_that_is_held_down_counts_once(stack: Any, gallery: Page) -> None:
    newest = batches(stack)[0]["number"]
    tiles(gallery).first.click()
    for _ in range(8):
        gallery.keyboard.down("1")
    gallery.keyboard.up("1")
    expect(gallery.get_by_text("1 image is now")).to_be_visible()
    wait_until_heard(gallery)
    assert batches(stack)[0]["number"] == newest + 1
    expect(tiles(gallery).nth(1)).to_be_focused()
    for _ in range(4):
        gallery.keyboard.down("ArrowRight")
    gallery.keyboard.up("ArrowRight")
    expect(tiles(gallery).nth(5)).to_be_focused()


CLEANUP = """async (script) => {
  const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const { default: call } = await import(address);
  const parentElement = document.body.appendChild(document.createElement("div")).attachShadow({ mode: "open" });
  const data = { tiles: [], label: "none", version: 1, done: 0, naming: null, details_open: false, more: false };
  const shown = () => parentElement.querySelectorAll(".gallery").length;
  const component = { data, parentElement, setStateValue: () => {} };
  const [older, newer] = [call(component), call({ ...component, data: { ...data, version: 2 } })];
  const seen = [shown()];
  older();
  seen.push(shown());
  newer();
  seen.push(shown());
  return seen;
}"""


def test_an_older_call_that_ends_late_leaves_the_gallery(stack: Any, open_page: Callable[..., Page]) -> None:
    """Streamlit ends a call after the next one has begun, where the data changed while the script was loaded."""
    page = open_page(f"{stack.ui}/jobs")
    assert page.evaluate(CLEANUP, GRID.read_script()) == [1, 1, 0]
