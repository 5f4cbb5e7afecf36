"""Every gesture and key of the component that strokes are drawn with, in a browser on the real service."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e.board import READY_MS, Board, close, ends

from .conftest import HEIGHT


def test_a_stroke_lands_in_the_pixels_it_was_drawn_over(board: Board) -> None:
    board.press("2")
    board.drag((60, 100), (160, 110))
    (stroke,) = board.strokes(1)
    assert stroke.class_id == 1
    assert close(ends(stroke), [(60, 100), (160, 110)])
    board.press("1")
    board.drag((200, 150), (200, 150))  # a press is a dot
    dot = board.strokes(2)[1]
    assert dot.class_id == 0
    assert close(dot.points, [(200, 150)])


def test_zoomed_in_it_lands_as_exactly(board: Board) -> None:
    before = board.view()
    column, row = board.screen(310, 220)
    at = (round(column), round(row))  # a mouse is in whole pixels of the screen
    under = tuple(value + off / before[2] for value, off in zip((310, 220), (at[0] - column, at[1] - row), strict=True))
    board.page.mouse.move(*at)
    for _ in range(4):
        board.page.mouse.wheel(0, -400)
    board.page.wait_for_timeout(300)
    assert board.view()[2] > 3 * before[2]
    assert close([board.screen(*under)], [at], by=1), "the pixel under the pointer stays there"
    board.drag((305, 215), (318, 226))
    (stroke,) = board.strokes(1)
    assert close(ends(stroke), [(305, 215), (318, 226)], by=0.5)


def test_the_picture_is_moved_and_zoomed_in_every_way(board: Board) -> None:
    start = board.view()

    def moved(since: tuple[float, float, float]) -> tuple[float, float, float]:
        board.page.wait_for_timeout(150)
        now = board.view()
        assert now != since
        return now

    board.press("+")
    zoomed = moved(start)
    assert zoomed[2] == pytest.approx(1.4 * start[2], rel=1e-3)
    board.press("ArrowDown")
    down = moved(zoomed)
    assert down[1] - zoomed[1] == pytest.approx(60 / zoomed[2], rel=1e-2)
    board.drag((200, 200), (220, 240), button="middle")
    middle = moved(down)
    assert middle[1] == pytest.approx(down[1] - 40, abs=1.5)
    board.area.focus()
    board.page.keyboard.down(" ")
    board.drag((200, 200), (200, 220))
    board.page.keyboard.up(" ")
    space = moved(middle)
    board.press("h")
    board.drag((200, 200), (200, 220))
    moved(space)
    board.press("0")
    fitted = moved(space)
    assert fitted[2] * HEIGHT < board.area.evaluate("area => area.clientHeight")
    board.page.get_by_role("button", name="Zoom in").click()
    closer = moved(fitted)
    board.page.get_by_role("button", name="Zoom out").click()
    moved(closer)
    assert board.strokes(0) == []


def test_undo_and_redo_by_keys_and_buttons(board: Board) -> None:
    board.drag((60, 100), (160, 110))
    board.press("3")
    board.drag((60, 200), (160, 210))
    both = board.strokes(2)
    board.press("u")
    assert board.strokes(1) == both[:1]
    board.press("Control+Shift+Z")
    assert board.strokes(2) == both
    board.press("Control+z")
    board.press("Control+z")
    board.strokes(0)
    board.press("Control+y")
    assert board.strokes(1) == both[:1]
    board.page.get_by_role("button", name="Redo").click()
    board.strokes(2)
    board.page.get_by_role("button", name="Undo (u)").click()
    board.strokes(1)
    board.drag((60, 300), (160, 310))
    expect(board.page.get_by_role("button", name="Redo")).to_be_disabled()


def test_the_eraser_takes_what_it_touches_and_undo_brings_it_back(board: Board) -> None:
    board.drag((60, 100), (260, 100))
    (before,) = board.strokes(1)
    board.press("e")
    board.drag((160, 80), (160, 120))
    left, right = sorted(board.strokes(2), key=lambda one: one.points[0][0])
    reach = before.width  # half of the eraser and half of the stroke
    assert close([left.points[-1], right.points[0]], [(160 - reach, 100), (160 + reach, 100)], by=1.5)
    assert close([left.points[0], right.points[-1]], ends(before), by=0.5)
    board.press("u")
    assert board.strokes(1) == [before]
    board.drag((40, 400), (50, 400))
    board.strokes(1)  # nothing was there


def test_the_brush_has_a_width(board: Board) -> None:
    width = board.page.get_by_role("slider", name="Brush width in pixels of the picture")
    before = int(width.input_value())
    board.press("]")
    assert int(width.input_value()) > before
    board.press("[")
    board.press("[")
    narrow = int(width.input_value())
    assert narrow < before
    board.drag((60, 100), (160, 110))
    assert board.strokes(1)[0].width == narrow
    width.fill("33")
    board.drag((60, 200), (160, 210))
    assert board.strokes(2)[1].width == 33


def test_classes_are_added_named_coloured_and_taken_away(board: Board) -> None:
    page = board.page
    page.get_by_role("button", name="Add a class").click()
    name = page.get_by_role("textbox", name="Name of class 4")
    expect(name).to_be_focused()
    name.fill("Grès à glauconie")
    page.keyboard.press("Enter")
    board.drag((60, 100), (160, 110))
    (stroke,) = board.strokes(1)
    classes = {one.name: one for one in board.client.drawings.get(board.drawing.id).classes}
    assert stroke.class_id == classes["Grès à glauconie"].id
    page.get_by_label("Colour of sand").evaluate(
        "field => { field.value = '#123456'; field.dispatchEvent(new Event('change', {bubbles: true})); }"
    )
    page.get_by_role("button", name="Take chalk away").click()
    expect(page.get_by_role("radio")).to_have_count(3)
    expect(page.get_by_role("button", name="Take Grès à glauconie away")).to_be_hidden()
    expect(board.root).to_have_attribute("data-saved", "saved")
    kept = {one.name: one.colour for one in board.client.drawings.get(board.drawing.id).classes}
    assert set(kept) == {"sand", "shale", "Grès à glauconie"}
    assert kept["sand"] == "#123456"
    page.get_by_role("radio", name="shale").click()
    expect(page.get_by_role("radio", name="shale")).to_be_checked()


def test_a_preview_comes_when_two_classes_are_drawn_in(board: Board) -> None:
    note = board.page.get_by_role("status", name="What goes on")
    expect(note).to_contain_text("Draw a stroke in each of two classes")
    board.press("0")
    board.drag((60, 100), (260, 110))
    expect(note).to_contain_text("Now draw in a second class")
    board.press("2")
    board.drag((60, 600), (260, 610))
    expect(board.root).to_have_attribute("data-preview", "named", timeout=READY_MS)
    assert int(board.root.get_attribute("data-named") or 0) >= 1
    expect(board.page.locator(".classes .amount").first).to_contain_text("%")

    def pixels() -> np.ndarray[Any, Any]:
        board.page.mouse.move(5, 5)
        board.page.wait_for_timeout(250)
        return np.asarray(Image.open(io.BytesIO(board.area.screenshot())).convert("RGB")).astype(int)

    over = pixels()
    board.press("v")
    bare = pixels()
    assert np.abs(over - bare).mean() > 5
    board.press("v")
    assert np.abs(pixels() - over).mean() < 1
    overlay = board.page.get_by_role("combobox", name="Laid over the picture")
    overlay.select_option("preview-doubt")
    assert np.abs(pixels() - over).mean() > 3
    overlay.select_option("preview")
    board.page.get_by_role("slider", name="Opacity of what is laid over the picture").fill("100")
    opaque = pixels()
    assert np.abs(opaque - bare).mean() > 1.5 * np.abs(over - bare).mean()
    for _ in range(3):
        board.press(",")
    assert np.abs(pixels() - bare).mean() < np.abs(opaque - bare).mean()
    board.press(".")


def test_strokes_are_drawn_by_keys_alone(board: Board) -> None:
    board.press("3")
    board.page.keyboard.press("Enter")
    for _ in range(5):
        board.page.keyboard.press("ArrowRight")
    board.page.keyboard.press("Enter")
    (stroke,) = board.strokes(1)
    x, y, k = board.view()
    box = board.area.evaluate("area => [area.clientWidth, area.clientHeight]")
    middle = (x + box[0] / 2 / k - 0.5, y + box[1] / 2 / k - 0.5)
    assert close(ends(stroke), [middle, (middle[0] + 40 / k, middle[1])])
    board.page.keyboard.press("Enter")
    board.page.keyboard.press("ArrowLeft")
    board.page.keyboard.press("Escape")
    board.strokes(1)


def test_two_fingers_move_and_one_draws(board: Board) -> None:
    before = board.view()
    touch = """([area, touches]) => touches.forEach(([type, id, x, y]) => area.dispatchEvent(new PointerEvent(type,
        {pointerId: id, pointerType: 'touch', clientX: x, clientY: y, bubbles: true, button: 0})))"""
    # A made-up pointer cannot be captured; that is the browser's part, and all else is ours.
    board.area.evaluate("area => { area.setPointerCapture = () => {}; }")

    def touches(*listed: tuple[str, int, float, float]) -> None:
        board.page.evaluate(touch, [board.area.element_handle(), [list(one) for one in listed]])
        board.page.wait_for_timeout(150)

    (ax, ay), (bx, by) = board.screen(100, 100), board.screen(200, 100)
    touches(
        ("pointerdown", 1, ax, ay),
        ("pointerdown", 2, bx, by),
        ("pointermove", 2, bx + (bx - ax), by),
        ("pointerup", 1, ax, ay),
        ("pointerup", 2, bx, by),
    )
    assert board.view()[2] == pytest.approx(2 * before[2], rel=0.02)
    assert board.strokes(0) == []
    (ax, ay), (bx, by) = board.screen(120, 110), board.screen(160, 115)
    touches(("pointerdown", 1, ax, ay), ("pointermove", 1, bx, by), ("pointerup", 1, bx, by))
    assert close(ends(board.strokes(1)[0]), [(120, 110), (160, 115)])


def test_view_and_strokes_stay_over_reruns_and_reloads(board: Board) -> None:
    board.press("+")
    board.press("ArrowDown")
    board.drag((100, 250), (200, 260))
    (stroke,) = board.strokes(1)
    board.page.wait_for_timeout(1500)  # Python has heard of it, and has run again
    seen = board.view()
    title = board.page.get_by_role("textbox", name="Title")
    title.fill("another title")
    title.press("Enter")
    expect(board.page.get_by_role("textbox", name="Title")).to_have_value("another title")
    board.page.wait_for_timeout(1000)
    assert board.view() == seen
    board.page.reload()
    expect(board.root).to_have_attribute("data-ready", "true", timeout=READY_MS)
    assert board.strokes(1) == [stroke]
    expect(board.page.get_by_role("textbox", name="Title")).to_have_value("another title")


def test_at_night_it_has_the_colours_of_the_night(board: Board, stack: Any, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{stack.ui}/segment?drawing={board.drawing.id}", night=True)
    area = page.get_by_role("application", name=re.compile("Drawing on "))
    colour = area.evaluate("area => getComputedStyle(area).backgroundColor")
    assert max(int(part) for part in re.findall(r"\d+", colour)[:3]) < 80


def test_another_tab_finds_what_was_drawn(board: Board, stack: Any, open_page: Callable[..., Page]) -> None:
    board.drag((60, 100), (160, 110))
    (stroke,) = board.strokes(1)
    second = Board(open_page(f"{stack.ui}/segment?drawing={board.drawing.id}"), board.client, board.drawing)
    expect(second.root).to_have_attribute("data-ready", "true", timeout=READY_MS)
    second.drag((60, 300), (160, 310))
    assert second.strokes(2)[0] == stroke
    tile = httpx.get(f"{stack.api}{board.drawing.pictures[0].tiles.path}/0/0/0")
    assert tile.headers["cache-control"].endswith("immutable")


def test_a_press_of_the_mouse_drops_the_pen(board: Board) -> None:
    board.press("Enter")
    board.page.keyboard.press("ArrowRight")
    board.page.mouse.move(*board.screen(60, 60))  # which draws nothing
    board.drag((60, 100), (160, 110))
    assert close(ends(board.strokes(1)[0]), [(60, 100), (160, 110)])
    view = board.view()
    board.page.keyboard.press("ArrowRight")  # moves the picture: no pen is down
    board.page.wait_for_timeout(150)
    assert board.view()[0] > view[0]
    board.strokes(1)


def test_the_pen_stays_on_the_picture_when_that_is_zoomed(board: Board) -> None:
    board.press("Enter")
    board.page.keyboard.press("ArrowDown")
    x, y, k = board.view()
    box = board.area.evaluate("area => [area.clientWidth, area.clientHeight]")
    begun = (x + box[0] / 2 / k - 0.5, y + box[1] / 2 / k - 0.5)
    board.page.mouse.move(*board.screen(300, 200))
    board.page.mouse.wheel(0, -200)
    board.page.wait_for_timeout(200)
    zoomed = board.view()[2]
    assert zoomed > k
    board.page.keyboard.press("ArrowRight")
    board.page.keyboard.press("Enter")
    (stroke,) = board.strokes(1)
    wanted = [begun, (begun[0], begun[1] + 8 / k), (begun[0] + 8 / zoomed, begun[1] + 8 / k)]
    assert close(stroke.points, wanted)
