"""The gallery in the browser: ready with the pictures that can be seen, and forty images named by one key."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
from playwright.sync_api import Browser

from benchmarks.browser import QUIET, fresh_page, wait_until
from benchmarks.commands import process_at
from facies.api.serving import find_port

NAMED: Final = 40
_SCRIPT: Final = Path(__file__).with_name("gallery_page.py")
_THERE: Final = """(count) => window.deep(`[role=option][aria-setsize="${count}"]`).length > 0"""
_LABELLED: Final = """
(label) => {
  const named = window.deep("[role=option]").slice(0, 40);
  return named.every((tile) => tile.querySelector(".chip")?.textContent === label)
    && /40 images/.test(document.querySelector("[data-testid=stMain]").innerText);
}
"""
"""Every tile shows the label, and Python has said that the service took it."""


@dataclass(slots=True)
class GridTimes:
    """Seconds of each look: until the pictures that can be seen are there, and until forty labels are given."""

    ready: list[float] = field(default_factory=list)
    label: list[float] = field(default_factory=list)


@contextmanager
def serve_page(api: str) -> Iterator[str]:
    """Serve the page with the gallery; gives its address."""
    port = find_port("127.0.0.1", 0)
    command = [sys.executable, "-m", "streamlit", "run", str(_SCRIPT), "--server.port", str(port)]
    command += ["--server.address", "127.0.0.1", "--server.headless", "true", "--browser.gatherUsageStats", "false"]
    url = f"http://127.0.0.1:{port}"
    with process_at(command, {"FACIES_UI__API_URL": api}):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                if httpx.get(f"{url}/_stcore/health", trust_env=False).is_success:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        yield url


def look_at_grid(browser: Browser, url: str, count: int, times: GridTimes) -> None:
    """Open a gallery of so many tiles in a fresh profile, choose forty and name them by the first key that is new."""
    with fresh_page(browser) as page:
        start = time.perf_counter()
        page.goto(f"{url}/?count={count}", wait_until="commit")
        wait_until(page, _THERE, count)
        wait_until(page, QUIET)
        times.ready.append(time.perf_counter() - start)
        page.locator("[role=option]").first.click()
        page.locator(f"[role=option][aria-posinset='{NAMED}']").click(modifiers=["Shift"])
        key = str(1 + len(times.label) % 9)
        label = page.locator(".keys button").nth(int(key) - 1).get_attribute("title")
        start = time.perf_counter()
        page.keyboard.press(key)
        wait_until(page, _LABELLED, label)
        times.label.append(time.perf_counter() - start)
