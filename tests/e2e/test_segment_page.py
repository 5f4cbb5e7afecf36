"""A geologist's story: strokes on a core, a preview, the whole core by depth; and a core of forty thousand rows."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from facies.core.client import Client
from facies.core.wire_drawings import DrawingBody, DrawingClass, DrawingOut, PictureBody, StrokeBody, StrokeChange
from facies.indexer.segmentation.generated_cores import GeneratedScene, generate_core
from facies.indexer.segmentation.generated_macerals import generate_macerals

from .board import Board, close, ends

READY_MS = 60_000
DONE_MS = 180_000
TALL, NARROW = 40_000, 600


@pytest.fixture
def client(stack: Any) -> Iterator[Client]:
    with Client(stack.api) as opened:
        yield opened


@pytest.fixture(scope="module")
def scene() -> GeneratedScene:
    return generate_core(5, height=900, width=200, classes=3)


def write(scene: GeneratedScene, folder: Path) -> Path:
    path = folder / "core-5.png"
    Image.fromarray(scene.image).save(path)
    return path


def begin(client: Client, scene: GeneratedScene, **more: Any) -> DrawingOut:
    """A drawing of a scene in its own classes, with its strokes."""
    classes = [
        DrawingClass(id=one.id, name=one.name, colour="#" + bytes(one.colour).hex()) for one in scene.table.classes
    ]
    buffer = io.BytesIO()
    Image.fromarray(scene.image).save(buffer, "PNG")
    drawing = client.drawings.begin(DrawingBody(classes=classes, **more))
    drawing = client.drawings.upload_picture(drawing.id, "scene.png", buffer.getvalue())
    strokes = [
        StrokeBody(
            id=one.id,
            class_id=scene.table.classes[scene.table.resolve(one.word)].id,
            width=one.width,
            points=one.points.tolist(),
        )
        for one in scene.strokes.strokes
    ]
    client.drawings.change_strokes(drawing.id, drawing.pictures[0].id, StrokeChange(add=strokes))
    return client.drawings.get(drawing.id)


def open_drawing(
    stack: Any, open_page: Callable[..., Page], client: Client, drawing: DrawingOut, more: str = "", **options: Any
) -> Board:
    board = Board(open_page(f"{stack.ui}/segment?drawing={drawing.id}{more}", **options), client, drawing)
    expect(board.root).to_have_attribute("data-ready", "true", timeout=READY_MS)
    return board


def test_story_segment(
    *, stack: Any, client: Client, scene: GeneratedScene, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    """Upload, name the classes, draw, look at the preview, name the whole by depth, look at it, fetch it, go on."""
    page = open_page(f"{stack.ui}/segment")
    page.get_by_role("textbox", name="Title").fill("Demo core")
    page.locator("input[type=file]").set_input_files(write(scene, tmp_path))
    page.get_by_role("button", name="Begin to draw").click()
    expect(page.locator(".root.scribble[data-ready]")).to_be_visible(timeout=READY_MS)
    number = re.search(r"drawing=([0-9a-f]{12})", page.url)
    assert number is not None
    board = Board(page, client, client.drawings.get(number[1]))
    run = page.get_by_role("button", name="Name the whole core")
    expect(run).to_be_disabled()

    for place, name in enumerate(scene.table.names, start=1):
        field = page.get_by_role("textbox", name=f"Name of class {place}")
        field.fill(name)
        field.press("Enter")
        expect(field).to_have_value(name)
    page.get_by_role("slider", name="Brush width in pixels of the picture").fill("7")
    board.press("0")
    for stroke in scene.strokes.strokes:  # along the lines that the scene's own strokes take
        board.press(str(int(stroke.word) + 1))
        some = stroke.points[:: max(1, len(stroke.points) // 4)].tolist()
        board.drag(*[(x, y) for x, y in some])
    drawn = board.strokes(len(scene.strokes.strokes))
    assert {one.class_id for one in drawn} == {0, 1, 2}
    expect(board.root).to_have_attribute("data-preview", "named", timeout=READY_MS)
    assert (painted(board, scene) == scene.truth).mean() > 0.8

    page.get_by_role("button", name="Depth", exact=False).first.click()
    page.get_by_role("spinbutton", name="Top (m)").fill("1200")
    page.get_by_role("spinbutton", name="Base (m)").fill("1201")
    page.get_by_role("button", name="Keep", exact=True).click()
    page.wait_for_timeout(1500)
    page.keyboard.press("Escape")
    assert client.drawings.get(board.drawing.id).pictures[0].base_m == 1201
    run.click()
    expect(page.get_by_text("Naming the whole", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="Result")).to_be_visible(timeout=DONE_MS)
    expect(
        page.locator("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg").first
    ).to_be_visible()
    expect(page.get_by_role("combobox", name="Laid over the picture")).to_have_value("result")
    expect(board.root).to_have_attribute("data-complete", "true")
    assert (painted(board, scene) == scene.truth).mean() > 0.8

    (done,) = client.drawings.get(board.drawing.id).runs
    job = client.jobs.get(done.job)
    mask = httpx.get(f"{stack.api}/v1/jobs/{job.id}/files/mask.png").content
    assert (np.asarray(Image.open(io.BytesIO(mask))) == scene.truth).mean() > 0.85
    page.get_by_role("tab", name="Files").click()
    files = {file.name for file in job.files if file.role == "result"}
    assert files >= {"mask.png", "fractions_by_depth.csv", "core.las", "depth_plot.png", "model.facies-seg"}
    for name in ("Beds", "Scores", "Draw next"):
        page.get_by_role("tab", name=name).click()
    draw_on(board, len(drawn))


def draw_on(board: Board, drawn: int) -> None:
    """Nothing is lost, the result is said to be older, and a second run stands beside the first."""
    page = board.page
    board.press("1")
    board.drag((60, 450), (90, 455))  # in the middle, which no bar of the page lies over
    board.strokes(drawn + 1)
    expect(page.get_by_text("Strokes have changed since")).to_be_visible()
    page.get_by_role("button", name="Name the whole core").click()
    expect(page.get_by_role("combobox", name="Run")).to_have_value("Run 2, the newest", timeout=DONE_MS)


def painted(board: Board, scene: GeneratedScene) -> np.ndarray[Any, Any]:
    """What the overlay says of each pixel of the picture, read from the screen as a person sees it."""
    overlay = board.page.get_by_role("slider", name="Opacity of what is laid over the picture")
    overlay.fill("100")
    board.press("0")
    expect(board.root).to_have_attribute("data-complete", "true")
    board.page.mouse.move(2, 2)
    board.page.wait_for_timeout(400)
    shot = np.asarray(Image.open(io.BytesIO(board.page.screenshot())).convert("RGB")).astype(int)
    rows, columns = np.indices(scene.truth.shape)
    left, top = board.screen(0, 0)
    k = board.view()[2]
    seen = shot[np.round(top + rows * k).astype(int), np.round(left + columns * k).astype(int)]
    classes = {one.id: one.colour for one in board.client.drawings.get(board.drawing.id).classes}
    colours = np.array([[int(classes[number][at : at + 2], 16) for at in (1, 3, 5)] for number in range(3)])
    overlay.fill("50")
    return np.asarray(np.abs(seen[:, :, None] - colours).sum(axis=3).argmin(axis=2))


def test_macerals_are_measured_on_the_page(stack: Any, client: Client, open_page: Callable[..., Page]) -> None:
    board = open_drawing(stack, open_page, client, begin(client, generate_macerals(3), task="macerals", title="Coal"))
    page = board.page
    page.get_by_role("button", name="Settings").click()
    page.get_by_role("spinbutton", name="Micrometres per pixel").fill("0.5")
    page.get_by_role("button", name="Name and measure").click()  # leaves the field, and orders what it holds
    expect(page.get_by_role("heading", name="Result")).to_be_visible(timeout=DONE_MS)
    expect(page.get_by_role("tab", name="Macerals")).to_be_visible()
    (run,) = client.drawings.get(board.drawing.id).runs
    report: Any = client.jobs.get(run.job).result
    assert any(one["area_um2"] > 0 for one in report["macerals"])


def test_suggested_places_are_gone_to(
    stack: Any, client: Client, scene: GeneratedScene, open_page: Callable[..., Page]
) -> None:
    board = open_drawing(stack, open_page, client, begin(client, scene, title="rings"))
    page = board.page
    page.get_by_role("button", name="Name the whole core").click()
    expect(page.get_by_role("heading", name="Result")).to_be_visible(timeout=DONE_MS)
    (run,) = client.drawings.get(board.drawing.id).runs
    report: Any = client.jobs.get(run.job).result
    first, second = report["suggestions"][0]["suggestions"][:2]

    def is_in_the_middle(one: Any) -> bool:
        page.wait_for_timeout(1500)
        size = board.area.evaluate("area => [area.clientWidth, area.clientHeight]")
        x, y, k = board.view()
        return bool(
            abs(y + size[1] / 2 / k - one["row"]) < 300 / k and abs(x + size[0] / 2 / k - one["column"]) < 400 / k
        )

    board.press("n")
    expect(page.get_by_role("status", name="What goes on")).to_contain_text("Place 1 of")
    assert is_in_the_middle(first)
    page.get_by_role("tab", name="Draw next").click()
    page.get_by_role("button", name="2", exact=True).click()
    expect(page.get_by_role("status", name="What goes on")).to_contain_text("Place 2 of")
    assert is_in_the_middle(second)


def test_an_image_of_a_collection_is_drawn_on_by_its_link(
    stack: Any, client: Client, open_page: Callable[..., Page]
) -> None:
    image = client.images("samples", limit=1).images[0]
    page = open_page(f"{stack.ui}/segment?collection=samples&image={image.id}")
    expect(page.locator(".facies-mosaic img")).to_be_visible(timeout=READY_MS)
    page.get_by_role("button", name="Begin to draw").click()
    expect(page.locator(".root.scribble[data-ready]")).to_be_visible(timeout=READY_MS)
    assert "drawing=" in page.url
    newest = client.drawings.list()[0]
    assert (newest.pictures[0].collection, newest.pictures[0].image) == ("samples", image.id)
    page.get_by_role("button", name="All drawings").click()
    expect(page.get_by_role("heading", name="Segment")).to_be_visible()


def test_strokes_of_a_file_come_in(
    stack: Any, client: Client, scene: GeneratedScene, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    drawing = begin(client, scene, title="file")
    picture = drawing.pictures[0].id
    file = json.loads(client.drawings.stroke_file(drawing.id, picture))
    client.drawings.change_strokes(drawing.id, picture, StrokeChange(remove=[one["id"] for one in file["strokes"]]))
    (tmp_path / "strokes.json").write_text(json.dumps(file))
    board = open_drawing(stack, open_page, client, drawing)
    board.page.get_by_role("button", name="Strokes").click()
    board.page.locator("input[type=file]").last.set_input_files(tmp_path / "strokes.json")
    board.page.get_by_role("button", name="Bring them in").click()
    board.strokes(len(file["strokes"]))


def test_a_drawing_that_is_gone_says_so(stack: Any, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{stack.ui}/segment?drawing=0123456789ab")
    expect(page.get_by_text("there is no drawing", exact=False)).to_be_visible(timeout=READY_MS)
    page.get_by_role("button", name="All drawings").click()
    expect(page.get_by_role("button", name="Begin to draw")).to_be_visible()


def test_a_core_of_forty_thousand_rows(stack: Any, client: Client, open_page: Callable[..., Page]) -> None:
    """Zoom to its bottom, draw there: the pixels are right, and the page holds a part of the picture alone."""
    rng = np.random.default_rng(3)
    rows = np.linspace(60, 200, TALL)[:, None, None] + rng.normal(0, 6, (TALL, 1, 3))
    pixels = np.clip(rows + rng.normal(0, 4, (TALL, NARROW, 1)), 0, 255).astype(np.uint8)
    path = stack.incoming / "tall.png"
    Image.fromarray(pixels).save(path, compress_level=1)
    made = client.drawings.begin(DrawingBody(title="tall"))
    drawing = client.drawings.add_picture(made.id, PictureBody(path=str(path)))
    assert (drawing.pictures[0].height, drawing.pictures[0].tiles.levels) == (TALL, 8)
    board = open_drawing(stack, open_page, client, drawing)
    page = board.page
    overview = page.get_by_role("slider", name="Where on the picture")
    expect(overview).to_be_visible()
    box = overview.bounding_box()
    assert box is not None
    for share in np.linspace(0.02, 0.98, 25):  # all along the core: what was seen is let go again
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + share * box["height"])
        page.wait_for_timeout(120)
    overview.focus()
    page.keyboard.press("End")
    board.area.hover()
    for _ in range(2):
        page.mouse.wheel(0, -300)
    overview.focus()
    page.keyboard.press("End")
    page.wait_for_timeout(300)
    assert board.view()[1] > TALL - 4000
    expect(board.root).to_have_attribute("data-complete", "true")
    left, top, k = board.view()
    size = board.area.evaluate("area => [area.clientWidth, area.clientHeight]")
    row = min(TALL - 40, int(top + size[1] * 0.3 / k))
    column = int(max(10, left + 20 / k))
    shot = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB")).astype(float)
    x, y = board.screen(column + 20, row)
    there = shot[int(y) - 3 : int(y) + 4, int(x) - 3 : int(x) + 4].mean(axis=(0, 1))
    reach = int(np.ceil(4 / k))
    truth = pixels[row - reach : row + reach, column + 20 - reach : column + 20 + reach].astype(float).mean(axis=(0, 1))
    assert np.abs(there - truth).max() < 12, "the bottom of the core is what is seen there"
    board.drag((column, row), (column + 40, row + 4))
    (stroke,) = board.strokes(1)
    assert close(ends(stroke), [(column, row), (column + 40, row + 4)], by=max(1.0, 1 / k))
    assert int(board.root.get_attribute("data-tiles") or 0) <= 96
    heap = page.evaluate("performance.memory ? performance.memory.usedJSHeapSize : 0")
    assert heap < 200e6
