"""Nothing that was drawn is lost, nor out of sight: the service is away, slow, or changed by somebody else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Route, expect

from facies.core.client import Client
from facies.core.wire_drawings import DrawingOut
from tests.e2e.board import Board, wait_until, wait_until_ready


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that may complain of the service, since it is held back."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context
    context.close()


def opened(stack: Any, context: BrowserContext, client: Client, drawing: DrawingOut) -> Board:
    page = context.new_page()
    page.goto(f"{stack.ui}/segment?drawing={drawing.id}")
    return wait_until_ready(Board(page, client, drawing))


def test_two_tabs_keep_what_each_could_not_send(
    stack: Any, client: Client, drawing: DrawingOut, context: BrowserContext
) -> None:
    context.route("**/strokes", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    tabs = [opened(stack, context, client, drawing) for _ in range(2)]
    for number, tab in enumerate(tabs):
        tab.page.bring_to_front()
        tab.press("0")
        tab.drag((60, 100 + 100 * number), (160, 110 + 100 * number))
        tab.drag((60, 300 + 100 * number), (160, 310 + 100 * number))
        expect(tab.root).to_have_attribute("data-strokes", "2")
        expect(tab.root).to_have_attribute("data-saved", "waiting")
    for tab in tabs:
        tab.page.close()
    context.unroute("**/strokes")
    board = opened(stack, context, client, drawing)
    assert [round(one.points[0][1], -2) for one in board.strokes(4)] == [100, 300, 200, 400], "in the order of drawing"
    board.page.reload()
    wait_until_ready(board)
    board.strokes(4)
    assert (
        board.page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('facies-strokes')).length") == 0
    )


def test_a_stroke_that_is_kept_while_strokes_are_read_stays_in_view(
    stack: Any, client: Client, drawing: DrawingOut, context: BrowserContext
) -> None:
    """A change is refused, so the strokes are read again; the answer is held until another one is drawn."""
    board = opened(stack, context, client, drawing)
    board.drag((60, 100), (160, 110))
    board.strokes(1)
    there = {"access-control-allow-origin": "*", "content-type": "application/json"}
    held: list[tuple[Route, bytes]] = []

    def answer(route: Route) -> None:
        if route.request.method == "POST" and not held:
            route.fulfill(status=422, body='{"detail": "refused"}', headers=there)
        elif route.request.method == "GET" and not held:
            held.append((route, route.fetch().body()))  # what the service has by now
        else:
            route.continue_()

    board.page.route("**/strokes", answer)
    board.drag((60, 200), (160, 210))
    wait_until(board, lambda: bool(held))
    board.press("2")
    board.drag((60, 300), (160, 310))
    expect(board.root).to_have_attribute("data-revision", "2")
    route, read = held[0]
    route.fulfill(body=read, headers=there)
    assert [one.class_id for one in board.strokes(2)] == [0, 1]


def test_a_board_that_is_gone_asks_no_more(
    stack: Any, client: Client, drawing: DrawingOut, context: BrowserContext
) -> None:
    """The page of all drawings is opened while the strokes are on their way; then they fail."""
    held: list[Route] = []
    asked: list[str] = []

    def hold(route: Route) -> None:
        held.append(route)

    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/strokes") else None)
    page.route("**/strokes", hold)
    page.goto(f"{stack.ui}/segment?drawing={drawing.id}")
    board = Board(page, client, drawing)
    wait_until(board, lambda: bool(held))
    page.get_by_role("button", name="All drawings").click()
    expect(board.root).to_have_count(0)
    held[0].abort()
    page.wait_for_timeout(3500)  # after three seconds it would ask again
    assert len(asked) == 1


def test_what_cannot_be_sent_waits_in_the_browser_and_outlives_a_reload(
    stack: Any, client: Client, drawing: DrawingOut, context: BrowserContext
) -> None:
    """The service is away for the page alone: what is drawn meanwhile is sent when it is back."""
    board = opened(stack, context, client, drawing)
    page = board.page
    page.route("**/strokes", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    board.drag((60, 100), (160, 110))
    expect(board.root).to_have_attribute("data-saved", "waiting")
    expect(page.get_by_role("status", name="Saved strokes")).to_have_text("Not saved yet")
    assert client.drawings.strokes(drawing.id, drawing.pictures[0].id).strokes == []
    page.reload()
    wait_until_ready(board)
    expect(board.root).to_have_attribute("data-strokes", "1")
    page.unroute("**/strokes")
    board.strokes(1)
