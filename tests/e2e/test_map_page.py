"""The page of maps, in a browser, on the real service."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

READY_MS = 60_000


@pytest.fixture(scope="module")
def mapped(stack: Any) -> Any:
    """The samples with a map, laid out by a job of the service."""
    order = {"kind": "map", "parameters": {"collection": "samples"}}
    job = httpx.post(f"{stack.api}/v1/jobs", json=order).raise_for_status().json()
    with httpx.stream("GET", f"{stack.api}/v1/jobs/{job['id']}/events", timeout=120) as events:
        for _ in events.iter_lines():
            pass
    done = httpx.get(f"{stack.api}/v1/jobs/{job['id']}").json()
    assert done["state"] == "done", done
    return stack


def open_map(stack: Any, open_page: Callable[..., Page], more: str = "", **options: Any) -> Page:
    page = open_page(f"{stack.ui}/map?collection=samples{more}", **options)
    expect(page.locator(".root.scatter[data-ready]")).to_be_visible(timeout=READY_MS)
    return page


def area(page: Page) -> Locator:
    return page.get_by_role("application", name=re.compile(r"Map \d+ of samples: 60 images"))


def draw_lasso(page: Page, *, share: float = 0.95) -> None:
    """Around the middle of the map, as wide as a share of it."""
    area(page).scroll_into_view_if_needed()
    box = area(page).bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    turns = [step / 24 * 2 * math.pi for step in range(25)]
    corners = [(x + share * box["width"] / 2 * math.cos(t), y + share * box["height"] / 2 * math.sin(t)) for t in turns]
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*corner)
    page.mouse.up()


def labels_of(stack: Any) -> dict[str, int]:
    labels: dict[str, int] = httpx.get(f"{stack.api}/v1/collections/samples").raise_for_status().json()["labels"]
    return labels


def newest_batch(stack: Any) -> int:
    batches = httpx.get(f"{stack.api}/v1/collections/samples/labels/batches?limit=1").raise_for_status().json()
    return int(batches["batches"][0]["number"])


def test_what_a_lasso_encloses_is_named_and_undone(mapped: Any, open_page: Callable[..., Page]) -> None:
    """A lasso shows its images; they are labelled in one step, the colours follow, and all of it is undone."""
    before = labels_of(mapped)
    page = open_map(mapped, open_page)
    expect(page.get_by_text("60 images")).to_be_visible()
    page.get_by_role("button", name="Lasso (l)").click()
    draw_lasso(page)
    heading = page.get_by_role("heading", name=re.compile(r"^\d+ images enclosed$"))
    expect(heading).to_be_visible()
    count = int(heading.inner_text().split()[0])
    assert count > 10
    gallery = page.get_by_role("listbox", name=re.compile(f"{count} of {count} images enclosed"))
    expect(gallery.locator("[role=option]")).to_have_count(count)

    page.get_by_role("combobox", name="Name them").fill("odd group")
    page.keyboard.press("Enter")
    page.get_by_text("keep what is validated").click()
    newest = newest_batch(mapped)
    page.get_by_role("button", name=f"Label {count}").dblclick()  # which is to count once
    expect(page.get_by_text("images are now odd group")).to_be_visible()
    assert newest_batch(mapped) == newest + 1
    assert labels_of(mapped)["odd group"] == count
    legend = page.get_by_role("list", name="Legend")
    expect(legend.get_by_role("button", name=re.compile(f"odd group.*{count}"))).to_be_visible()
    expect(heading).to_have_count(0)

    page.get_by_role("button", name="Undo").click()
    expect(legend.get_by_role("button", name=re.compile("odd group"))).to_have_count(0)
    assert labels_of(mapped) == before


def test_a_point_opens_its_image_and_from_there_a_search(mapped: Any, open_page: Callable[..., Page]) -> None:
    page = open_map(mapped, open_page)
    area(page).focus()
    found = page.get_by_role("listbox", name="The image of this point")
    box = area(page).bounding_box()
    assert box is not None
    positions = httpx.get(f"{mapped.api}/v1/collections/samples/maps/newest").json()
    assert positions["points"] == 60
    tip = page.locator(".scatter .tip:not([hidden]) img")
    for step in range(400):  # until the pointer is over a point: its thumbnail comes up
        across, down = 0.1 + 0.04 * (step % 20), 0.1 + 0.04 * (step // 20)
        page.mouse.move(box["x"] + box["width"] * across, box["y"] + box["height"] * down)
        if tip.count():
            break
    expect(tip).to_be_visible()
    expect(page.locator(".scatter .tip img")).to_have_js_property("complete", value=True)
    page.mouse.down()
    page.mouse.up()
    expect(found.locator("[role=option]")).to_have_count(1)
    found.locator("[role=option]").focus()
    page.keyboard.press("f")
    expect(page.get_by_role("listbox", name=re.compile("neighbours"))).to_be_visible()
    assert "id=" in page.url


def test_categories_are_hidden_and_what_is_hidden_is_not_enclosed(mapped: Any, open_page: Callable[..., Page]) -> None:
    page = open_map(mapped, open_page)
    legend = page.get_by_role("list", name="Legend")
    first = legend.get_by_role("button").first
    first.dblclick()
    expect(first).to_have_attribute("aria-pressed", "true")
    expect(legend.get_by_role("button").nth(1)).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Tab")
    area(page).focus()
    page.keyboard.press("l")
    draw_lasso(page)
    expect(page.get_by_role("heading", name=re.compile(r"^[1-4] images? enclosed$"))).to_be_visible()  # four of a class
    page.get_by_role("button", name="Show all").click()
    expect(page.get_by_role("heading", name=re.compile(r"^\d\d images enclosed$"))).to_be_visible()
    area(page).focus()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Draw a lasso around points")).to_be_visible()


def test_the_map_is_moved_by_wheel_mouse_and_keys(mapped: Any, open_page: Callable[..., Page]) -> None:
    page = open_map(mapped, open_page)
    canvas = area(page)

    def picture() -> bytes:
        page.wait_for_timeout(300)
        return canvas.screenshot()

    start = picture()
    canvas.hover()
    page.mouse.wheel(0, -400)
    zoomed = picture()
    assert zoomed != start
    page.mouse.down()
    page.mouse.move(700, 500, steps=4)
    page.mouse.up()
    moved = picture()
    assert moved != zoomed
    canvas.focus()
    for key in ("ArrowLeft", "ArrowUp", "+", "-"):
        page.keyboard.press(key)
    assert picture() != moved
    page.keyboard.press("0")
    page.mouse.move(5, 5)
    assert picture() != zoomed


def test_a_link_says_how_the_map_is_coloured(mapped: Any, open_page: Callable[..., Page]) -> None:
    page = open_map(mapped, open_page, "&by=state")
    legend = page.get_by_role("list", name="Legend")
    expect(legend.get_by_role("button", name=re.compile("validated.*60"))).to_be_visible()
    page.get_by_role("combobox", name=re.compile("Coloured by")).click()
    page.get_by_role("option", name="Label", exact=True).click()
    expect(legend.get_by_role("button")).to_have_count(15)
    assert "by=label" in page.url


def test_at_night_it_has_the_colours_of_the_night(mapped: Any, open_page: Callable[..., Page]) -> None:
    page = open_map(mapped, open_page, night=True)
    colour = area(page).evaluate("area => getComputedStyle(area).backgroundColor")
    assert max(int(part) for part in re.findall(r"\d+", colour)[:3]) < 80


def test_without_webgl_2_a_box_is_drawn_on_a_chart(mapped: Any, open_page: Callable[..., Page]) -> None:
    page = open_page(mapped.ui)
    page.add_init_script(
        "const get = HTMLCanvasElement.prototype.getContext; HTMLCanvasElement.prototype.getContext = "
        "function (kind, ...more) { return kind === 'webgl2' ? null : get.call(this, kind, ...more); };"
    )
    page.goto(f"{mapped.ui}/map?collection=samples")
    expect(page.get_by_text("This browser draws no WebGL 2")).to_be_visible(timeout=READY_MS)
    chart = page.locator("[data-testid=stVegaLiteChart] canvas, [data-testid=stVegaLiteChart] svg").first
    expect(chart).to_be_visible()
    page.wait_for_timeout(1500)
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 25, box["y"] + 25)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 520, steps=8)
    page.mouse.up()
    expect(page.get_by_role("heading", name=re.compile(r"^\d+ images enclosed$"))).to_be_visible()
