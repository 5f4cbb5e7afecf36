"""A gallery of 5,000 tiles: only those near what is seen are in the page, and all of them can be reached and named."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Serving, free_port, wait_until_healthy

SCRIPT = Path(__file__).with_name("long_gallery.py")


@pytest.fixture(scope="module")
def address(stack: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page, served by Streamlit as the interface is."""
    port = free_port()
    log = tmp_path_factory.mktemp("long") / "ui.log"
    serve = [sys.executable, "-m", "streamlit", "run", str(SCRIPT), "--server.port", str(port)]
    serve += ["--server.address", "127.0.0.1", "--server.headless", "true", "--browser.gatherUsageStats", "false"]
    with ExitStack() as stack_of:
        out = stack_of.enter_context(log.open("w"))
        process = subprocess.Popen(serve, env=os.environ | {"FACIES_UI__API_URL": stack.api}, stdout=out, stderr=out)
        stack_of.enter_context(process)
        stack_of.callback(process.terminate)
        wait_until_healthy(Serving(process, log), f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def page(address: str, open_page: Callable[..., Page]) -> Page:
    opened = open_page(address)
    expect(tile(opened, 1)).to_be_visible()
    return opened


def tile(page: Page, number: int) -> Locator:
    return page.locator(f"[role=option][aria-posinset='{number}']")


def in_page(page: Page) -> int:
    return page.locator("[role=option]").count()


def test_few_tiles_are_in_the_page_and_the_page_is_as_long_as_all(page: Page) -> None:
    expect(tile(page, 1)).to_have_attribute("aria-setsize", "5000")
    assert in_page(page) < 400
    rows = 5_000 / page.locator(".tiles").evaluate(
        "list => getComputedStyle(list).gridTemplateColumns.split(' ').length"
    )
    each = tile(page, 1).evaluate("one => one.parentElement.getBoundingClientRect().height")
    assert page.locator(".tiles").evaluate("list => list.getBoundingClientRect().height") > 0.9 * rows * each


def test_the_end_is_one_key_away_and_its_pictures_come(page: Page) -> None:
    tile(page, 1).focus()
    page.keyboard.press("End")
    expect(tile(page, 5_000)).to_be_focused()
    expect(tile(page, 5_000)).to_be_in_viewport()
    expect(tile(page, 5_000).locator("img")).to_have_js_property("complete", value=True)
    assert tile(page, 5_000).locator("img").evaluate("image => image.naturalWidth") > 0
    assert in_page(page) < 400
    page.keyboard.press("Home")
    expect(tile(page, 1)).to_be_focused()
    expect(tile(page, 1)).to_be_in_viewport()


def test_keys_go_on_where_they_were_after_scrolling_far_away(page: Page) -> None:
    tile(page, 3).click()
    page.mouse.wheel(0, 60_000)
    expect(tile(page, 3)).to_have_count(0)
    page.keyboard.press("ArrowRight")
    expect(tile(page, 4)).to_be_focused()
    expect(tile(page, 4)).to_be_in_viewport()
    expect(tile(page, 4)).to_have_attribute("aria-selected", "true")


def test_all_are_named_by_one_key(page: Page) -> None:
    tile(page, 1).focus()
    page.keyboard.press("a")
    expect(page.get_by_role("toolbar")).to_contain_text("5,000 of 5,000 chosen")
    page.keyboard.press("2")
    expect(page.get_by_text("label of 5000")).to_be_visible()
    expect(tile(page, 4_990).locator(".chip")).to_have_text("spore")
    page.keyboard.press("Home")
    expect(tile(page, 1).locator(".chip")).to_have_text("spore")


def test_enter_accepts_what_is_suggested_for_a_range(page: Page) -> None:
    tile(page, 1).click()
    tile(page, 6).click(modifiers=["Shift"])
    expect(page.get_by_role("button", name="Accept")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_text("label of 6")).to_be_visible()
    expect(tile(page, 6).locator(".chip")).to_have_text("azolla")
    expect(tile(page, 7)).to_be_focused()
    expect(tile(page, 7)).to_contain_text("50")
