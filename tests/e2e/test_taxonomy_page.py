"""Taxonomies in a browser: a name is found, a collection uses one, and what it does not know is told."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect


@pytest.fixture
def left_alone(stack: Any) -> Iterator[Any]:
    """The stack, whose collection uses no taxonomy afterwards."""
    yield stack
    httpx.put(f"{stack.api}/v1/collections/samples/taxonomy", json={"taxonomy": None}).raise_for_status()


def test_a_taxonomy_is_looked_up_and_used(left_alone: Any, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{left_alone.ui}/taxonomy?taxonomy=scampi-20")
    expect(page.get_by_test_id("stDataFrame").first).to_be_visible()
    page.get_by_placeholder("A name, synonym or code").fill("no such fossil")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No name, synonym or code of scampi-20")).to_be_visible()
    page.get_by_role("tab", name="Labels of a collection").click()
    expect(page.get_by_text("samples uses no taxonomy")).to_be_visible()
    page.get_by_role("combobox", name=re.compile("^uses|No taxonomy")).click()
    page.get_by_role("option", name="scampi-20").click()
    expect(page.get_by_text("0 of 15 labels are accepted names of scampi-20.")).to_be_visible()
    expect(page.get_by_role("heading", name="Unknown to the taxonomy")).to_be_visible()
