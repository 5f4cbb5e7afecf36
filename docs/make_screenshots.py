"""Take the pictures of the documentation: fill a data folder with drawn images, look at every page by day and night.

Run by ``make screenshots``; needs Chromium. Nothing in the pictures comes from anybody else.
"""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from facies.core.client import Client
from facies.core.wire_drawings import DrawingBody, DrawingClass, PicturePlace, RunBody, StrokeBody, StrokeChange
from facies.indexer.segmentation.generated_cores import generate_core

IMAGES = Path(__file__).resolve().parent / "images" / "ui"
COLLECTION, LABEL = "samples", "dinoflagellate_cyst"
PER_CLASS, NAMED = 24, 14
WIDTH, HEIGHT = 1440, 900
START_S, JOB_S = 300.0, 300.0
LARGEST_BYTES = 400_000
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
OPTION = "[role=option]"


@dataclass(frozen=True)
class Site:
    """What is looked at: the address, one image of the collection, the drawing of a core, and loose files."""

    url: str
    image: str
    drawing: str
    batch: list[Path]


def main() -> None:
    """Write NAME.webp and NAME-dark.webp for each view."""
    chromium = os.environ.get("FACIES_TEST_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        sys.exit("needs Chromium: apt-get install chromium, or name its program in FACIES_TEST_CHROMIUM")
    wanted = sys.argv[1:] or list(VIEWS)
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        expect.set_options(timeout=90_000)
        for name in wanted:
            for night in (False, True):
                photograph(browser, site, name, night=night)
        browser.close()


@contextmanager
def serving(folder: Path) -> Iterator[Site]:
    """Fill a data folder through the command line and the API, and serve it until the context ends."""
    url = f"http://127.0.0.1:{free_port()}"
    environment = {**os.environ, "FACIES_DATA_DIR": str(folder / "data"), "FACIES_API__PORT": url.rsplit(":", 1)[1]}
    samples = folder / "samples"
    facies(environment, "datasets", "sample", str(samples), "--per-class", str(PER_CLASS))
    manifest = name_some(samples / "manifest.csv")
    facies(environment, "index", str(manifest), "--labels", "manifest", "--collection", COLLECTION)
    facies(environment, "map", "make", "--collection", COLLECTION)
    with subprocess.Popen(command("up"), env=environment) as service:
        try:
            wait_for(service, f"{url}/v1/ready")
            with Client(url) as client:
                image = client.images(COLLECTION, label=LABEL, limit=1).images[0].id
                yield Site(url, image, draw_core(client), sorted(samples.glob("*/*_02[0-3].png")))
        finally:
            service.send_signal(signal.SIGINT)
            service.wait(timeout=60)


def name_some(manifest: Path) -> Path:
    """A manifest beside the given one that keeps the labels of the first images of each class: the others are new."""
    with manifest.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        number = re.search(r"_(\d+)\.", row["path"])
        if number is not None and int(number[1]) >= NAMED:
            row["label"] = ""
    written = manifest.with_name("some.csv")
    with written.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return written


def draw_core(client: Client) -> str:
    """A generated core with its strokes, named as a whole."""
    scene = generate_core(5, height=2400, width=420, classes=4)
    rocks = {"sandstone": "#e0b84c", "shale": "#4f9d8f", "limestone": "#5f86c4", "coal": "#4a4f57"}
    classes = [
        DrawingClass(id=one.id, name=name, colour=colour)
        for one, (name, colour) in zip(scene.table.classes, rocks.items(), strict=True)
    ]
    drawing = client.drawings.begin(DrawingBody(title="Core 4 of DEMO-1", classes=classes))
    picture = io.BytesIO()
    Image.fromarray(scene.image).save(picture, "PNG")
    drawing = client.drawings.upload_picture(drawing.id, "core-4.png", picture.getvalue())
    place = drawing.pictures[0].id
    client.drawings.place_picture(drawing.id, place, PicturePlace(top_m=2150.0, base_m=2152.4))
    strokes = [
        StrokeBody.model_validate(
            {
                "id": one.id,
                "class": scene.table.classes[scene.table.resolve(one.word)].id,
                "width": one.width,
                "points": one.points.tolist(),
            }
        )
        for one in scene.strokes.strokes
    ]
    client.drawings.change_strokes(drawing.id, place, StrokeChange(add=strokes))
    job = client.drawings.run(drawing.id, RunBody(finds_rock=False))
    end = time.monotonic() + JOB_S
    while not (now := client.jobs.get(job.id)).is_over:
        if time.monotonic() > end:
            sys.exit(f"the core is not named after {JOB_S:g} s")
        time.sleep(0.5)
    if now.state != "done":
        sys.exit(f"the core was not named: {now.error.message if now.error else now.state}")
    return drawing.id


def look_at_search(page: Page, site: Site) -> None:
    """A query, its neighbours, and one of them in detail."""
    page.goto(f"{site.url}/?collection={COLLECTION}&id={site.image}")
    expect(page.locator("ol.facies-bars.votes li").first).to_be_visible()
    page.locator(OPTION).nth(1).click()
    expect(page.get_by_role("complementary")).to_contain_text("well")
    page.get_by_text(re.compile("What .* looks like")).click()
    expect(page.get_by_text("in the middle")).to_be_visible()


def look_at_automatic_labels(page: Page, site: Site) -> None:
    """What a precision would label."""
    page.goto(f"{site.url}/label?collection={COLLECTION}&work=automatic")
    expect(page.locator("[data-testid=stVegaLiteChart]").first).to_be_visible()


def look_at_a_queue(page: Page, site: Site) -> None:
    """Images that wait for a name, some of them chosen."""
    page.goto(f"{site.url}/label?collection={COLLECTION}&work=queue&by=uncertain")
    expect(page.locator(OPTION).nth(7)).to_be_visible()
    page.locator(OPTION).nth(1).click()
    page.locator(OPTION).nth(3).click(modifiers=["Shift"])


def look_at_a_map(page: Page, site: Site) -> None:
    """The whole map in its colours."""
    page.goto(f"{site.url}/map?collection={COLLECTION}")
    expect(page.locator("canvas").first).to_be_visible()


def look_at_a_batch(page: Page, site: Site) -> None:
    """Loose files with their names and what those are worth."""
    page.goto(f"{site.url}/classify?collection={COLLECTION}&precision=0.9")
    page.locator("input[type=file]").first.set_input_files(site.batch)
    page.get_by_role("button", name=re.compile(r"^Name \d+ images")).click()
    expect(page.get_by_text("Download the whole table")).to_be_visible()


def look_at_a_core(page: Page, site: Site) -> None:
    """Strokes on a core, the mask over it, and the log by depth."""
    page.goto(f"{site.url}/segment?drawing={site.drawing}")
    expect(page.locator(".root.scribble")).to_have_attribute("data-ready", "true")
    expect(page.get_by_role("heading", name="Result")).to_be_visible()


def look_at_collections(page: Page, site: Site) -> None:
    """One collection with its counts."""
    page.goto(f"{site.url}/collections?collection={COLLECTION}")
    expect(page.locator("ol.facies-bars.counts li").first).to_be_visible()


def look_at_a_taxonomy(page: Page, site: Site) -> None:
    """The built-in tree of the SCAMPI genera."""
    page.goto(f"{site.url}/taxonomy?taxonomy=scampi-20")
    expect(page.get_by_role("heading", name="Taxonomy")).to_be_visible()


def look_at_jobs(page: Page, site: Site) -> None:
    """What ran."""
    page.goto(f"{site.url}/jobs")
    expect(page.get_by_role("heading", name="Jobs")).to_be_visible()


VIEWS: Mapping[str, Callable[[Page, Site], None]] = {
    "search": look_at_search,
    "label-automatic": look_at_automatic_labels,
    "label-queue": look_at_a_queue,
    "map": look_at_a_map,
    "classify": look_at_a_batch,
    "segment": look_at_a_core,
    "collections": look_at_collections,
    "taxonomy": look_at_a_taxonomy,
    "jobs": look_at_jobs,
}


def photograph(browser: Browser, site: Site, name: str, *, night: bool) -> None:
    """Look at a view in a browser of its own, and keep what is seen."""
    context = browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="dark" if night else "light"
    )
    context.set_default_timeout(90_000)
    page = context.new_page()
    VIEWS[name](page, site)
    keep(page, IMAGES / f"{name}{'-dark' if night else ''}.webp")
    context.close()


def keep(page: Page, path: Path) -> None:
    """Write what is seen."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(2500)  # thumbnails fade in as they are decoded
    Image.open(io.BytesIO(page.screenshot())).convert("RGB").save(path, quality=88, method=6)
    size = path.stat().st_size
    if size > LARGEST_BYTES:
        sys.exit(f"{path} has {size:,} bytes, expected at most {LARGEST_BYTES:,}")


def command(*arguments: str) -> list[str]:
    """The command line of this installation."""
    return [sys.executable, "-m", "facies.core.cli", *arguments]


def facies(environment: Mapping[str, str], *arguments: str) -> None:
    """Run a command to its end."""
    subprocess.run(command(*arguments), env=environment, check=True)


def free_port() -> int:
    """A port that nobody listens at now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(service: subprocess.Popen[bytes], address: str) -> None:
    """Wait until the service answers; end with a message where it ends first."""
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        if service.poll() is not None:
            sys.exit(f"the service ended with {service.returncode} before it was up")
        try:
            if httpx.get(address, timeout=2.0).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.5)
    sys.exit(f"nothing answers at {address} after {START_S:g} s")


if __name__ == "__main__":
    main()
