"""Draw the pictures of the README: start the demo, look at it in Chromium, end it. Run by ``make screenshots``."""

from __future__ import annotations

import io
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

IMAGES = Path(__file__).resolve().parent / "images"
COLLECTION, LABEL = "samples", "dinoflagellate_cyst"
WIDTH, HEIGHT = 1440, 900
START_S = 300.0
LARGEST_BYTES = 400_000
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]


def main() -> None:
    """Write search.png and collections.png."""
    chromium = os.environ.get("FACIES_TEST_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        sys.exit("needs Chromium: apt-get install chromium, or name its program in FACIES_TEST_CHROMIUM")
    url = f"http://127.0.0.1:{free_port()}"
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "facies.core.cli", "demo", "--port", url.rsplit(":", 1)[1]]
        environment = {**os.environ, "FACIES_DATA_DIR": folder}
        demo = subprocess.Popen(command, env=environment)  # noqa: S603 (our own command)
        try:
            wait_for(demo, f"{url}/_stcore/health")
            photograph(chromium, url)
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(timeout=30)


def photograph(chromium: str, url: str) -> None:
    """Open both pages and keep what they show."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        page.set_default_timeout(60_000)
        expect.set_options(timeout=60_000)
        listed = httpx.get(f"{url}/v1/collections/{COLLECTION}/images", params={"label": LABEL, "limit": 1})
        image_id = listed.raise_for_status().json()["images"][0]["id"]
        page.goto(f"{url}/?collection={COLLECTION}&id={image_id}")
        expect(page.locator("ol.facies-bars.votes li").first).to_be_visible()
        page.locator("[role=option]").nth(1).click()
        expect(page.get_by_role("complementary")).to_be_visible()
        keep(page, "search.png")
        page.goto(f"{url}/collections?collection={COLLECTION}")
        expect(page.locator("ol.facies-bars.counts li").first).to_be_visible()
        keep(page, "collections.png")
        browser.close()


def keep(page: Page, name: str) -> None:
    """Write what is seen, with 256 colours to keep the file small."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)  # thumbnails fade in as they are decoded
    seen = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    path = IMAGES / name
    seen.quantize(256, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)
    size = path.stat().st_size
    if size > LARGEST_BYTES:
        sys.exit(f"{path} has {size:,} bytes, expected at most {LARGEST_BYTES:,}")


def free_port() -> int:
    """A port that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(demo: subprocess.Popen[bytes], address: str) -> None:
    """Wait until the interface answers; end with a message where the demo ends first."""
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        if demo.poll() is not None:
            sys.exit(f"the demo ended with {demo.returncode} before it was up")
        try:
            if httpx.get(address, timeout=2.0).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.5)
    sys.exit(f"nothing answers at {address} after {START_S:g} s")


if __name__ == "__main__":
    main()
