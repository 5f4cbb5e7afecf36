"""The tabs of a collection, in a browser on the real service: models, graph, backup, copies, bad files, files out."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from .conftest import facies

NAME = "upkept"
CARD, SECOND = "efficientnet-lite0", "efficientnet-lite1"


@pytest.fixture(scope="module")
def folder(stack: Any) -> Iterator[Path]:
    """Twelve images in collection `upkept`, two of which are the same but for a pixel; and two files that are none."""
    place: Path = stack.incoming / NAME
    for label in ("bar_chart", "well_log", "rose_diagram"):
        shutil.copytree(stack.samples / label, place / label)
    with Image.open(place / "well_log" / "well_log_000.png") as image:
        copy = image.convert("RGB")
        copy.putpixel((0, 0), (1, 2, 3))
        copy.save(place / "bar_chart" / "copy.png")
    for name in ("broken.png", "\u043a\u0435\u0440\u043d \u2116 7.png"):
        (place / name).write_bytes(b"no image")
    body = {"path": str(place), "labels": "folder", "model": CARD}
    job = httpx.post(f"{stack.api}/v1/collections/{NAME}/index", json=body).raise_for_status().json()
    wait_for(stack, job["id"])
    yield place
    httpx.delete(f"{stack.api}/v1/collections/{NAME}").raise_for_status()


def wait_for(stack: Any, job: str) -> dict[str, Any]:
    """The job when it is over; the stream of its events ends then."""
    with httpx.stream("GET", f"{stack.api}/v1/jobs/{job}/events", timeout=120) as events:
        for _ in events.iter_lines():
            pass
    told: dict[str, Any] = httpx.get(f"{stack.api}/v1/jobs/{job}").json()
    assert told["state"] == "done", told
    return told


def collection(stack: Any) -> dict[str, Any]:
    told: dict[str, Any] = httpx.get(f"{stack.api}/v1/collections/{NAME}").json()
    return told


def open_tab(stack: Any, open_page: Callable[..., Page], tab: str) -> Page:
    return open_page(f"{stack.ui}/collections?collection={NAME}&tab={tab}")


def test_a_tab_is_in_the_address(stack: Any, open_page: Callable[..., Page], folder: Path) -> None:
    page = open_tab(stack, open_page, "range-chart")
    expect(page.get_by_role("tab", name="Range chart")).to_have_attribute("aria-selected", "true")
    page.get_by_role("tab", name="Backup").click()
    expect(page).to_have_url(re.compile("tab=backup"))


def test_a_model_is_added_compared_made_the_default_and_the_old_one_dropped(
    stack: Any, open_page: Callable[..., Page], folder: Path
) -> None:
    page = open_tab(stack, open_page, "models")
    expect(page.get_by_text("the default").first).to_be_visible()
    page.get_by_role("combobox", name="Model").click()
    page.keyboard.type(SECOND)  # of a long list only what is near is in the page
    page.get_by_role("option", name=SECOND, exact=True).click()
    page.get_by_role("button", name="Add it").click()
    default = page.get_by_role("button", name="Search by it")
    expect(default).to_be_visible(timeout=120_000)
    assert [one["name"] for one in collection(stack)["vectors"]] == [CARD, SECOND]
    compare_neighbours(open_page(f"{stack.ui}/?collection={NAME}"))
    page.get_by_role("button", name="Compare how well they name").click()
    expect(page.get_by_text("right: share of validated images")).to_be_visible()
    default.click()
    expect(page.locator(f".st-key-vector-{SECOND}")).to_contain_text("the default")
    assert collection(stack)["vectors"][0]["name"] == SECOND
    page.locator(f".st-key-vector-{CARD}").get_by_role("button", name="Search by it").click()
    expect(page.locator(f".st-key-vector-{CARD}")).to_contain_text("the default")
    page.locator(f".st-key-vector-{SECOND}").get_by_role("button", name="Drop").click()
    expect(page.locator(f".st-key-vector-{SECOND}")).to_have_count(0)
    assert [one["name"] for one in collection(stack)["vectors"]] == [CARD]
    assert collection(stack)["labelled"] == 13


def compare_neighbours(page: Page) -> None:
    """Search by two models side by side; the address keeps it."""
    page.get_by_role("listbox", name=re.compile("images")).get_by_role("option").first.dblclick()
    expect(page.get_by_role("listbox", name=re.compile("neighbours"))).to_be_visible()
    page.get_by_role("button", name="Arrange").click()
    for name in (CARD, SECOND):
        page.get_by_role("combobox", name=re.compile("Models")).click()
        page.get_by_role("option", name=name, exact=True).click()
    page.keyboard.press("Tab")  # the list lies over what comes next
    page.get_by_role("radio", name="side by side").click()
    page.keyboard.press("Escape")
    for _ in range(2):
        lists = [page.get_by_role("listbox", name=re.compile(f"neighbours by {name}$")) for name in (CARD, SECOND)]
        for one in lists:
            expect(one.get_by_role("option").first).to_be_visible()
        boxes = [one.bounding_box() for one in lists]
        assert boxes[0] is not None
        assert boxes[1] is not None
        assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"], "beside each other"
        page.reload()


def test_the_graph_is_built_and_labels_originals_and_disk_are_looked_at(
    stack: Any, open_page: Callable[..., Page], folder: Path
) -> None:
    page = open_tab(stack, open_page, "health")
    figures = page.locator(".facies-figures").last
    expect(figures).to_contain_text("points13")
    page.get_by_role("button", name="Build the graph").click()
    expect(figures).to_contain_text("in the graph13", timeout=60_000)
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_text("All 13 images agree.")).to_be_visible()
    moved = folder / "well_log" / "well_log_001.png"
    moved.rename(folder / "elsewhere.png")
    try:
        page.get_by_role("button", name="Look for them").click()
        expect(page.get_by_text("1 of 13 are gone.")).to_be_visible()
        expect(page.get_by_text(f"--relink FOLDER -c {NAME}")).to_be_visible()
    finally:
        (folder / "elsewhere.png").rename(moved)
    page.get_by_role("button", name="Look for them").click()
    expect(page.get_by_text("All 13 are where they were.")).to_be_visible()
    page.get_by_role("button", name="Measure").click()
    expect(page.get_by_text(re.compile("free of"))).to_be_visible()


def test_a_backup_is_downloaded_and_restored_by_the_command_that_is_shown(
    stack: Any, open_page: Callable[..., Page], folder: Path, tmp_path: Path
) -> None:
    page = open_tab(stack, open_page, "backup")
    page.get_by_role("button", name="Back up").click()
    link = page.get_by_role("link", name="Download")
    expect(link).to_be_visible(timeout=60_000)
    expect(page.get_by_text("facies restore")).to_be_visible()
    file = tmp_path / "backup.tar.zst"
    file.write_bytes(httpx.get(link.get_attribute("href") or "", timeout=60).raise_for_status().content)
    env = {key: value for key, value in os.environ.items() if not key.startswith("FACIES_")}
    env["FACIES_DATA_DIR"] = str(tmp_path / "new")
    for command in (("restore", str(file)), ("label", "check", "-c", NAME), ("collections", "show", NAME)):
        done = subprocess.run(facies(*command), env=env, capture_output=True, text=True, timeout=90, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "13" in done.stdout


def test_a_backup_goes_into_a_folder_of_the_server_or_is_refused(
    stack: Any, open_page: Callable[..., Page], folder: Path
) -> None:
    (stack.incoming / "safe").mkdir()
    page = open_tab(stack, open_page, "backup")
    page.get_by_role("textbox", name="Folder on the server").fill("/etc")
    page.get_by_role("button", name="Back up").click()
    expect(page.get_by_text("Not allowed")).to_be_visible()
    page.get_by_role("textbox", name="Folder on the server").fill(str(stack.incoming / "safe"))
    page.get_by_role("button", name="Back up").click()
    expect(page.get_by_text(re.compile("safe/facies-")).first).to_be_visible(timeout=60_000)
    assert len(list((stack.incoming / "safe").glob("facies-*.tar.zst"))) == 1


def test_bad_files_are_listed_with_their_reasons(stack: Any, open_page: Callable[..., Page], folder: Path) -> None:
    page = open_tab(stack, open_page, "bad-files")
    expect(page.get_by_text("2 files could not be read")).to_be_visible()
    with page.expect_download() as told:
        page.get_by_role("button", name="Download the whole table").click()
    rows = list(csv.DictReader(Path(told.value.path()).read_text(encoding="utf-8").splitlines()))
    bad = httpx.get(f"{stack.api}/v1/collections/{NAME}/bad-files").json()["files"]
    assert [(row["file"], row["reason"]) for row in rows] == [(one["path"], one["reason"]) for one in bad]
    assert {Path(row["file"]).name for row in rows} == {"broken.png", "\u043a\u0435\u0440\u043d \u2116 7.png"}


def test_copies_are_found_named_alike_undone_and_deleted(
    stack: Any, open_page: Callable[..., Page], folder: Path
) -> None:
    page = open_tab(stack, open_page, "duplicates")
    page.get_by_role("spinbutton", name="Alike from a cosine of").fill("0.999")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Find near copies").click()
    expect(page.get_by_text("1 group", exact=True)).to_be_visible(timeout=60_000)
    expect(page.locator("[class*=st-key-copies-] img[src*=thumbnail]")).to_have_count(2)
    page.get_by_role("button", name="All are well_log").click()
    expect(page.get_by_text(re.compile("image(s are| is) now"))).to_be_visible()
    assert collection(stack)["labels"]["well_log"] == 5
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="All are well_log")).to_be_visible()
    assert collection(stack)["labels"]["well_log"] == 4
    page.locator("label", has_text="delete").last.click()
    page.get_by_role("button", name="Delete 1 image").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("No near copies are left")).to_be_visible()
    assert collection(stack)["images"] == 12


def test_labels_and_the_range_chart_go_out(stack: Any, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{stack.ui}/collections?collection=samples&tab=labels-out")
    address = page.get_by_role("link", name="Download CSV").get_attribute("href") or ""
    rows = list(csv.DictReader(httpx.get(address).raise_for_status().text.splitlines()))
    assert len(rows) == 60
    page.get_by_role("tab", name="Range chart").click()
    chart = page.locator(".st-key-range-chart img")
    expect(chart).to_be_visible()
    assert page.evaluate("one => one.naturalWidth", chart.element_handle()) > 100
    svg = page.get_by_role("link", name="SVG").get_attribute("href") or ""
    assert httpx.get(svg).raise_for_status().text.startswith("<")
