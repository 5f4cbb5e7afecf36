"""The collections page and the frame, in a browser on the real service."""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import httpx
from playwright.sync_api import Page, expect

HOSTILE = "<img src=x onerror=alert(1)>"


def test_collections_show_their_numbers_labels_and_model(stack: Any, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{stack.ui}/collections?collection=samples")
    expect(page.locator(".facies-figures")).to_contain_text("60")
    expect(page.locator(".facies-figures")).to_contain_text("100%")
    expect(page.locator("ol.facies-bars.counts li")).to_have_count(15)
    expect(page.locator("ol.facies-bars.counts")).to_contain_text("well_log")
    page.get_by_role("tab", name="Models").click()
    digest = httpx.get(f"{stack.api}/v1/collections/samples").json()["vectors"][0]["digest"]
    expect(page.locator(".facies-facts", has_text="fingerprint digest")).to_contain_text(digest)
    page.get_by_role("button", name="Search in it").click()
    expect(page.get_by_role("listbox", name=re.compile("of 60 images"))).to_be_visible()


def test_a_collection_is_made_filled_searched_and_deleted(stack: Any, open_page: Callable[..., Page]) -> None:
    folder = stack.incoming / "batch"
    for label in ("bar_chart", "well_log"):
        shutil.copytree(stack.samples / label, folder / label)
    shutil.copytree(stack.samples / "rose_diagram", folder / HOSTILE)
    (folder / "well_log" / "broken.png").write_bytes(b"no image")
    page = open_page(f"{stack.ui}/collections")
    page.get_by_role("button", name="New collection").click()
    page.get_by_role("textbox", name="Name").fill("batch")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("heading", name="batch")).to_be_visible()

    page.get_by_role("tab", name="Index a folder").click()
    page.get_by_role("textbox", name=re.compile("Folder, zip file")).fill(str(folder))
    page.get_by_text("Names of sub-folders").click()
    page.get_by_role("button", name="Start indexing").click()
    expect(page.locator(".st-key-index-run")).to_contain_text("Index")
    expect(page.locator(".st-key-index-run .facies-figures")).to_contain_text("indexed12")
    expect(page.get_by_text("1 file could not be read")).to_be_visible()
    expect(page).to_have_url(re.compile("job="))

    page.get_by_role("tab", name="Labels", exact=True).click()
    expect(page.locator("ol.facies-bars.counts")).to_contain_text(HOSTILE)  # as words, not as an element
    page.get_by_role("button", name="Dismiss").click()
    expect(page.locator(".st-key-index-run")).to_have_count(0)
    expect(page.get_by_role("button", name="Search in it")).to_have_count(1)
    page.get_by_role("button", name="Search in it").click()
    expect(page.get_by_role("listbox", name=re.compile("12 of 12 images"))).to_contain_text(HOSTILE)
    page.locator("[role=option]", has_text=HOSTILE).first.click()
    expect(page.get_by_role("complementary")).to_contain_text(HOSTILE)

    page.goto(f"{stack.ui}/collections?collection=batch")
    page.get_by_role("tab", name="Delete").click()
    page.get_by_role("button", name="Delete this collection").click()
    expect(page.get_by_role("button", name="Delete for good")).to_be_disabled()
    page.get_by_role("textbox", name=re.compile("to confirm")).fill("batch")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("button", name="batch", exact=True)).to_have_count(0)
    names = [c["name"] for c in httpx.get(f"{stack.api}/v1/collections").json()]
    assert "batch" not in names
    assert (folder / "well_log").exists()


def test_a_folder_outside_the_allowed_ones_is_refused_with_the_reason(
    stack: Any, open_page: Callable[..., Page]
) -> None:
    page = open_page(f"{stack.ui}/collections?collection=samples")
    page.get_by_role("tab", name="Index a folder").click()
    page.get_by_role("textbox", name=re.compile("Folder, zip file")).fill("/etc")
    page.get_by_role("button", name="Start indexing").click()
    expect(page.get_by_text("Not allowed")).to_be_visible()
    assert "Traceback" not in page.content()


def test_images_are_uploaded_into_a_collection(stack: Any, open_page: Callable[..., Page]) -> None:
    httpx.post(
        f"{stack.api}/v1/collections", json={"name": "uploads", "model": "efficientnet-lite0"}
    ).raise_for_status()
    page = open_page(f"{stack.ui}/collections?collection=uploads")
    page.get_by_role("tab", name="Upload images").click()
    chosen = [stack.samples / "well_log" / f"well_log_00{n}.png" for n in range(2)]
    page.set_input_files("input[type=file]", chosen)
    page.get_by_role("button", name="Index 2 images").click()
    expect(page.get_by_text("2 indexed, 0 known already, 0 refused.")).to_be_visible()
    assert httpx.get(f"{stack.api}/v1/collections/uploads").json()["images"] == 2
    httpx.delete(f"{stack.api}/v1/collections/uploads").raise_for_status()


def test_nothing_of_a_developer_shows(stack: Any, open_page: Callable[..., Page]) -> None:
    page = open_page(stack.ui)
    expect(page.get_by_role("listbox")).to_be_visible()
    expect(page).to_have_title("facies")
    assert page.get_by_text("Deploy").count() == 0
    assert page.locator("[data-testid=stMainMenu]").count() == 0


class _Reviving(BaseHTTPRequestHandler):
    """Answers as a service without collections."""

    answers: ClassVar[dict[str, Any]] = {
        "/v1/health": {"status": "ok", "version": "0", "store": "ok", "catalog": "ok"},
        "/v1/collections": [],
    }

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(self.answers[self.path]).encode())

    def log_message(self, *_: object) -> None:
        pass


def test_a_service_that_is_down_is_told_and_found_again(
    open_page: Callable[..., Page], start_ui: Callable[[str], Any]
) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Reviving, bind_and_activate=False)
    with server, start_ui(f"http://127.0.0.1:{bound_port(server)}") as ui:
        page = open_page(ui)
        expect(page.get_by_role("heading", name="The service does not answer")).to_be_visible()
        expect(page.get_by_text("facies up", exact=True)).to_be_visible()
        assert "Traceback" not in page.content()
        server.server_activate()
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            expect(page.get_by_role("heading", name="No collection yet")).to_be_visible()
        finally:
            server.shutdown()
            thread.join()


def bound_port(server: ThreadingHTTPServer) -> int:
    """A port that is ours while nobody listens at it yet."""
    server.server_bind()
    return server.server_port
