"""The page of batches, in a browser on the real service; labels of the drawn samples are known."""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Locator, Page, expect

ODD = "\u043a\u0435\u0440\u043d \u2116 7 <b>.png"


def some_files(stack: Any, per_class: int = 2) -> list[Path]:
    return [path for folder in sorted(stack.samples.iterdir()) for path in sorted(folder.glob("*.png"))[:per_class]]


def name_all(page: Page, files: list[Path]) -> None:
    page.locator(".st-key-main-panel input[type=file]").first.set_input_files(files)
    page.get_by_role("button", name=re.compile(r"^(Name|Go on with) \d+ image")).click()
    expect(page.get_by_role("button", name="Download the whole table")).to_be_visible()
    expect(page.locator(".st-key-batch-progress")).to_have_count(0)


def download(page: Page, button: str) -> list[dict[str, str]]:
    with page.expect_download() as told:
        page.get_by_role("button", name=button).click()
    return list(csv.DictReader(Path(told.value.path()).read_text(encoding="utf-8").splitlines()))


def figure(page: Page, name: str) -> Locator:
    return page.locator(".facies-figures div", has_text=name).locator("dd")


def test_a_batch_is_named_as_the_service_names_it(stack: Any, open_page: Callable[..., Page], tmp_path: Path) -> None:
    broken = tmp_path / ODD
    broken.write_bytes(b"no image")
    files = some_files(stack)
    page = open_page(f"{stack.ui}/classify?collection=samples")
    expect(page.get_by_text("Drop images or a folder above")).to_be_visible()
    name_all(page, [*files, broken])
    expect(page.get_by_text("unreadable", exact=False).first).to_be_visible()
    rows = download(page, "Download the whole table")
    assert {row["file"] for row in rows} == {path.name for path in files} | {ODD}
    by_file = {row["file"]: row for row in rows}
    assert by_file[ODD]["verdict"] == "unreadable"
    assert by_file[ODD]["error"]
    for path in files[::7]:
        form = {"query": '{"examples": [{"upload": 0}], "precision": 0.95, "k": 1}'}
        sent = {"files": (path.name, path.read_bytes())}
        answer = httpx.post(f"{stack.api}/v1/collections/samples/classify/upload", data=form, files=sent).json()
        (said,) = answer["predictions"]
        row = by_file[path.name]
        assert (row["label_1"], row["verdict"]) == (said["top"][0]["label"], said["verdict"])
        assert abs(float(row["probability_1"]) - said["top"][0]["probability"]) < 1e-4
        assert len([name for name in row if name.startswith("label_")]) == 5
        assert row["set"].split("|") == said["set"]


def test_verdicts_filter_and_a_row_opens_and_searches(stack: Any, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{stack.ui}/classify?collection=samples")
    name_all(page, some_files(stack, 1))
    expect(page.get_by_text("Choose a row to see the image")).to_be_visible()
    grid = page.locator("[data-testid=stDataFrame] .dvn-scroller").first
    grid.click(position={"x": 15, "y": 52})
    detail = page.locator(".st-key-batch-detail")
    expect(detail.locator("img")).to_be_visible()
    expect(detail.locator("ol.facies-bars li")).to_have_count(5)
    expect(detail).to_contain_text("less novel")
    detail.get_by_text("What it resembles").click()
    expect(detail.get_by_role("listbox", name=re.compile("validated neighbours of"))).to_be_visible()
    detail.get_by_role("button", name="Search with this image").click()
    expect(page).to_have_url(re.compile(r"/\?collection=samples"))
    expect(page.get_by_role("listbox", name=re.compile("neighbours, most similar first"))).to_be_visible()
    expect(page.get_by_text("What is it?")).to_be_visible()


def test_the_confusion_of_known_labels_counts_what_the_table_says(stack: Any, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{stack.ui}/classify?collection=samples&labels=name&precision=none")
    files = some_files(stack)
    name_all(page, files)
    rows = download(page, "Download the whole table")
    assert all(row["true_label"] == re.sub(r"_\d+$", "", Path(row["file"]).stem) for row in rows)
    right = sum(row["true_label"] == row["label_1"] for row in rows)
    expect(figure(page, "of these right")).to_have_text(f"{right / len(rows):.1%}")
    expect(figure(page, "images")).to_have_text(str(len(files)))
    classes = {row["label"]: row for row in download(page, "Download these figures")}
    for label in {row["true_label"] for row in rows}:
        of_class = [row for row in rows if row["true_label"] == label]
        assert float(classes[label]["recall"]) == sum(row["label_1"] == label for row in of_class) / len(of_class)
    chart = page.locator("[data-testid=stVegaLiteChart]")
    expect(chart).to_be_visible()
    expect(page).to_have_url(re.compile("labels=name"))


def test_a_folder_brings_its_labels_along(stack: Any, open_page: Callable[..., Page], tmp_path: Path) -> None:
    for label in ("well_log", "bar_chart"):
        shutil.copytree(stack.samples / label, tmp_path / "batch" / label)
    page = open_page(f"{stack.ui}/classify?collection=samples&labels=folder")
    page.get_by_role("radio", name="A folder").click()
    expect(page.locator(".st-key-main-panel input[type=file][webkitdirectory]")).to_have_count(1)
    page.locator(".st-key-main-panel input[type=file]").first.set_input_files(tmp_path / "batch")
    page.get_by_role("button", name=re.compile("^Name 8 images")).click()
    expect(page.get_by_text("8 of 8 files have a label.")).to_be_visible()
    expect(page.get_by_role("button", name="Download the whole table")).to_be_visible()
    rows = download(page, "Download the whole table")
    assert {row["true_label"] for row in rows} == {"well_log", "bar_chart"}
    assert all(f"{row['true_label']}/" in row["file"] for row in rows)


def test_a_table_tells_labels_and_a_wrong_one_is_told(
    stack: Any, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    files = some_files(stack, 1)[:3]
    page = open_page(f"{stack.ui}/classify?collection=samples&labels=table")
    wrong, table = tmp_path / "wrong.csv", tmp_path / "right.csv"
    wrong.write_text("a,b\n1,2\n")
    table.write_text("file,label\n" + "".join(f"{path.name},well_log\n" for path in files))
    place = page.locator(".st-key-batch-table input[type=file]")
    place.set_input_files(wrong)
    expect(page.get_by_text("expected one called file")).to_be_visible()
    place.set_input_files(table)
    page.locator(".st-key-batch-upload-Files input[type=file]").set_input_files(files)
    page.get_by_role("button", name=re.compile("^Name 3 images")).click()
    rows = download(page, "Download the whole table")
    assert [row["true_label"] for row in rows] == ["well_log"] * 3


def test_options_change_the_question_and_the_address(stack: Any, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{stack.ui}/classify?collection=samples&precision=0.8")
    field = page.get_by_role("spinbutton", name="Precision")
    expect(field).to_have_value("0.8")
    name_all(page, some_files(stack, 1)[:4])
    field.fill("")
    field.press("Enter")
    expect(page).to_have_url(re.compile("precision=none"))
    expect(page.get_by_text("The options have changed since")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Name 4 images again")).click()
    expect(page.get_by_text(re.compile(r"^named\s+·\s+4$"))).to_be_visible()
    expect(page.get_by_text("The options have changed since")).to_have_count(0)
    rows = download(page, "Download the whole table")
    assert {row["verdict"] for row in rows} == {"named"}


def test_the_collection_itself_is_confused_and_put_right(stack: Any, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{stack.ui}/classify?collection=samples&precision=none")
    page.get_by_role("tab", name="The collection itself").click()
    expect(page.get_by_text("Each validated image is named as if nobody had named it.")).to_be_visible()
    told = httpx.get(f"{stack.api}/v1/collections/samples/confusion").json()
    right = sum(cell["images"] for cell in told["cells"] if cell["label"] == cell["named"])
    expect(figure(page, "of these right")).to_have_text(f"{right / told['validated']:.1%}")
    chart = page.locator("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg").first
    expect(chart).to_be_visible()
    rows = {row["label"]: row for row in download(page, "Download these figures")}
    assert len(rows) == 15
    assert sum(int(row["images"]) for row in rows.values()) == 60


def test_a_collection_without_labels_says_where_they_come_from(stack: Any, open_page: Callable[..., Page]) -> None:
    body = {"name": "bare", "model": "efficientnet-lite0"}
    httpx.post(f"{stack.api}/v1/collections", json=body).raise_for_status()
    try:
        page = open_page(f"{stack.ui}/classify?collection=bare")
        expect(page.get_by_text("No image of bare has a label yet")).to_be_visible()
        page.get_by_role("link", name="Open Collections").click()
        expect(page).to_have_url(re.compile("/collections"))
    finally:
        httpx.delete(f"{stack.api}/v1/collections/bare").raise_for_status()
