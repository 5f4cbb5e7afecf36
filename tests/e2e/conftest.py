"""The real service, the real interface and a real browser, all on loopback; started once for these tests."""

from __future__ import annotations

import csv
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

START_S = 90.0
INDEX_S = 400.0
"""For 700 images: ten seconds where nothing else goes on."""
FLAGS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@dataclass(frozen=True)
class Stack:
    """What runs, and where its files are."""

    api: str
    ui: str
    samples: Path
    incoming: Path
    """A folder that the service may index."""


@dataclass(frozen=True)
class Site:
    """What runs, with a collection of palynomorphs, every second one of which is validated."""

    api: str
    ui: str

    def post(self, path: str, **body: Any) -> Any:
        return httpx.post(f"{self.api}/v1/collections/{path}", json=body, timeout=120).raise_for_status().json()

    def get(self, path: str) -> Any:
        return httpx.get(f"{self.api}/v1/collections/{path}", timeout=60).raise_for_status().json()

    def counts(self, name: str = "scampi") -> dict[str, Any]:
        """How many images have a label of each state; without the version, which every change raises."""
        told: dict[str, Any] = self.get(f"{name}/labels/counts")
        del told["version"]
        return told

    def newest(self, name: str = "scampi") -> int:
        """The number of the newest batch."""
        batches = self.get(f"{name}/labels/batches?limit=1")["batches"]
        number: int = batches[0]["number"] if batches else 0
        return number


@pytest.fixture(scope="session")
def chromium() -> str:
    found = os.environ.get("FACIES_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        message = "needs Chromium: apt-get install chromium, or name its program in FACIES_TEST_CHROMIUM"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return found


@pytest.fixture(scope="session")
def stack(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Sixty drawn images, indexed with the packaged weights by the command line, served by the two real processes."""
    root = tmp_path_factory.mktemp("stack")
    incoming = root / "incoming"
    samples = incoming / "samples"
    incoming.mkdir()
    api, ui = f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}"
    env = environment(root / "data", api=api, ui=ui, allowed=incoming)
    with serving(env, "serve") as service, serving(env, "ui") as interface:
        run_facies(env, "datasets", "sample", str(samples), "--per-class", "4")
        wait_until_healthy(service, f"{api}/v1/health")
        source = [str(samples / "manifest.csv"), "--labels", "manifest", "--collection", "samples"]
        run_facies(env, "index", *source, "--model", "efficientnet-lite0", "--api", api, "--json")
        wait_until_healthy(interface, f"{ui}/_stcore/health")
        yield Stack(api, ui, samples, incoming)


@pytest.fixture(scope="session")
def site(chromium: str, test_data: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """scampi-20, drawn samples without labels, and a collection without images, as the command line makes them."""
    source = test_data("scampi-20")
    root = tmp_path_factory.mktemp("site")
    samples = root / "samples"
    manifest = write_half(source, root / "half.csv")
    api, ui = f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}"
    env = environment(root / "data", api=api, ui=ui, allowed=root)
    run_facies(env, "datasets", "sample", str(samples), "--per-class", "4")
    model = ("--model", "efficientnet-lite0", "--json")
    run_facies(env, "index", str(manifest), "--labels", "manifest", "--collection", "scampi", *model, timeout_s=INDEX_S)
    run_facies(env, "index", str(samples), "--labels", "none", "--collection", "bare", *model)
    run_facies(env, "collections", "create", "empty")
    with serving(env, "serve") as service, serving(env, "ui") as interface:
        wait_until_healthy(service, f"{api}/v1/health")
        wait_until_healthy(interface, f"{ui}/_stcore/health")
        yield Site(api, ui)


def write_half(source: Path, manifest: Path) -> Path:
    """A manifest in which every second image of each genus has its label, as an old campaign; the others are new."""
    rows = []
    for folder in sorted(one for one in source.iterdir() if one.is_dir()):
        for place, image in enumerate(sorted(folder.glob("*.jpg"))):
            old = place % 2 == 0
            label = folder.name if old else ""
            rows.append((os.path.relpath(image, manifest.parent), label, "old" if old else "new", f"slide-{place % 7}"))
    with manifest.open("w", newline="") as file:
        csv.writer(file).writerows([("path", "label", "campaign", "slide"), *rows])
    return manifest


@pytest.fixture(scope="session")
def start_ui(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], AbstractContextManager[str]]:
    """Another interface, looking for its service at another address."""

    @contextmanager
    def start(api: str) -> Iterator[str]:
        ui = f"http://127.0.0.1:{free_port()}"
        folder = tmp_path_factory.mktemp("other")
        with serving(environment(folder / "data", api=api, ui=ui, allowed=folder), "ui") as interface:
            wait_until_healthy(interface, f"{ui}/_stcore/health")
            yield ui

    return start


@pytest.fixture(scope="module")  # while it is open an event loop runs, which tests of other files cannot do with
def browser(chromium: str) -> Iterator[Browser]:
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open an address in a fresh browser profile; at the end nothing may have been complained of or fetched outside."""
    complaints: list[str] = []
    outside: list[str] = []
    contexts = []

    def told(message: ConsoleMessage) -> None:
        # Streamlit looks for its own address below the page's first, and the browser notes each try.
        if message.type == "error" and "/_stcore/" not in message.location.get("url", ""):
            complaints.append(f"{message.text} ({message.location.get('url')})")

    def requested(url: str) -> None:
        host = urlsplit(url).hostname
        if urlsplit(url).scheme not in {"data", "blob"} and host not in {"127.0.0.1", "localhost"}:
            outside.append(url)

    def start(url: str, *, width: int = 1440, height: int = 900, night: bool = False) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if night else "light"
        )
        context.set_default_timeout(20_000)
        contexts.append(context)
        page = context.new_page()
        page.on("console", told)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requested(request.url))
        page.goto(url)
        return page

    yield start
    for context in contexts:
        context.close()
    assert complaints == []
    assert outside == []


def environment(data: Path, *, api: str, ui: str, allowed: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("FACIES_", "STREAMLIT_"))}
    return kept | {
        "FACIES_DATA_DIR": str(data),
        "FACIES_API__PORT": str(urlsplit(api).port),
        "FACIES_API__ALLOWED_ROOTS": f'["{allowed}"]',
        "FACIES_API__CORS_ORIGINS": f'["{ui}"]',
        "FACIES_MODELS__OFFLINE": "true",
        "FACIES_UI__PORT": str(urlsplit(ui).port),
        "FACIES_UI__API_URL": api,
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def facies(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "facies.core.cli", *arguments]


def run_facies(env: dict[str, str], *arguments: str, timeout_s: float = START_S) -> None:
    done = subprocess.run(facies(*arguments), env=env, capture_output=True, text=True, timeout=timeout_s, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@dataclass(frozen=True)
class Serving:
    process: subprocess.Popen[bytes]
    log: Path


@contextmanager
def serving(env: dict[str, str], command: str) -> Iterator[Serving]:
    """Start a service; end it when it is not needed any more. A pipe that nobody reads would fill: it gets a file."""
    log = Path(env["FACIES_DATA_DIR"]).with_name(f"{command}.log")
    with log.open("w") as out, subprocess.Popen(facies(command), env=env, stdout=out, stderr=out) as process:
        try:
            yield Serving(process, log)
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_until_healthy(serving: Serving, health: str) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        if serving.process.poll() is not None:
            pytest.fail(f"a service ended with {serving.process.returncode}: {serving.log.read_text()}")
        try:
            if httpx.get(health, timeout=2.0).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail(f"nothing answers at {health} after {START_S:g} s")
