"""The pages of the interface, whichever there are: first paint, and ready with every picture that can be seen."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from playwright.sync_api import Browser

from benchmarks.browser import QUIET, fresh_page, wait_until

_LINKS = """
() => Object.fromEntries([...document.querySelectorAll("[data-testid=stTopNavLink], [data-testid=stSidebarNavLink]")]
  .map((link) => [[...link.querySelectorAll("p, span")].at(-1).textContent.trim(), new URL(link.href).pathname]))
"""
_PAINT = """() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null"""


@dataclass(slots=True)
class ViewTimes:
    """Seconds of each visit to one page."""

    paint: list[float] = field(default_factory=list)
    ready: list[float] = field(default_factory=list)


def find_views(browser: Browser, url: str) -> dict[str, str]:
    """The pages by the words of the navigation, each with its path."""
    with fresh_page(browser) as page:
        page.goto(url, wait_until="commit")
        wait_until(page, QUIET)
        links: dict[str, str] = page.evaluate(_LINKS)
        return links


def visit(browser: Browser, address: str, times: ViewTimes) -> None:
    """Open a page in a fresh profile."""
    with fresh_page(browser) as page:
        start = time.perf_counter()
        page.goto(address, wait_until="commit")
        wait_until(page, QUIET)
        times.ready.append(time.perf_counter() - start)
        wait_until(page, f"() => ({_PAINT})() !== null")
        times.paint.append(page.evaluate(_PAINT) / 1000)
