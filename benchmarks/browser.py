"""A real browser that is driven and timed: Chromium by Playwright, each page in a profile of its own."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from playwright.sync_api import Browser, Page, sync_playwright

FLAGS: Final = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
WIDTH: Final = 1440
HEIGHT: Final = 900
PATIENCE_MS: Final = 60_000
_LOOK_EVERY_MS: Final = 20

DEEP: Final = """
window.deep = (selector) => {
  // Components live in shadow roots, where document.querySelectorAll does not look.
  const hosts = [...document.querySelectorAll("[data-testid=stBidiComponentIsolated], .stBidiComponentIsolated")];
  const roots = [document, ...hosts.map((host) => host.shadowRoot).filter(Boolean)];
  return roots.flatMap((root) => [...root.querySelectorAll(selector)]);
};
"""
QUIET: Final = """
() => {
  const app = document.querySelector("[data-testid=stApp]");
  if (app?.getAttribute("data-test-script-state") !== "notRunning") return false;
  if (!document.querySelector("[data-testid=stMain] [data-testid=stElementContainer]")) return false;
  const isSeen = (image) => {
    const box = image.getBoundingClientRect();
    return box.width > 0 && box.top < innerHeight && box.bottom > 0;
  };
  return window.deep("img").filter(isSeen).every((image) => image.complete);
}
"""
"""The script has run, and every picture that can be seen has come."""


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Start Chromium for the time of the context.

    Raises:
        RuntimeError: there is none.
    """
    program = os.environ.get("FACIES_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise RuntimeError("needs Chromium: apt-get install chromium, or name its program in FACIES_TEST_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def fresh_page(browser: Browser) -> Iterator[Page]:
    """A page without history or cache."""
    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT})
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(DEEP)
    try:
        yield context.new_page()
    finally:
        context.close()


def wait_until(page: Page, condition: str, argument: Any = None) -> None:
    """Wait until a function of the page gives something true; it is asked every 20 ms."""
    page.wait_for_function(condition, arg=argument, polling=_LOOK_EVERY_MS, timeout=PATIENCE_MS)


def seconds(do: Callable[[], object]) -> float:
    """How long something takes."""
    start = time.perf_counter()
    do()
    return time.perf_counter() - start
