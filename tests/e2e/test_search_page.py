"""Story A, find similar fossils, as a person does it: in a browser, on the real service."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import pytest
import tifffile
from playwright.sync_api import Locator, Page, expect

PNG = "image/png"
OPTION = "[role=option]"


def images_of(stack: Any, label: str) -> list[dict[str, Any]]:
    answer = httpx.get(f"{stack.api}/v1/collections/samples/images", params={"label": label, "limit": 50})
    images: list[dict[str, Any]] = answer.raise_for_status().json()["images"]
    return images


def search_url(stack: Any, label: str = "trilete_spore") -> tuple[str, str]:
    image_id = images_of(stack, label)[0]["id"]
    return f"{stack.ui}/?collection=samples&id={image_id}", image_id


def tiles(page: Page) -> Locator:
    return page.get_by_role("listbox", name=re.compile("neighbours")).locator(OPTION)


def first_id(page: Page) -> str:
    expect(tiles(page).first).to_be_visible()
    return tiles(page).first.get_attribute("data-id") or ""


def wait_for_results(page: Page) -> None:
    expect(tiles(page).first).to_be_visible()
    expect(page.get_by_role("heading", name="What is it?")).to_be_visible()
    expect(page.locator("ol.facies-bars.votes li").first).to_be_visible()


def test_story_find_by_upload(stack: Any, open_page: Callable[..., Page]) -> None:
    """An uploaded image of the collection finds itself first, and its votes name its class."""
    page = open_page(stack.ui)
    expect(page.get_by_role("listbox", name=re.compile("48 of 60 images"))).to_be_visible()
    page.set_input_files("input[type=file]", stack.samples / "trilete_spore" / "trilete_spore_002.png")
    wait_for_results(page)
    itself = next(i for i in images_of(stack, "trilete_spore") if i["path"].endswith("_002.png"))
    assert first_id(page) == itself["id"]
    expect(tiles(page).first).to_contain_text("1.00")
    expect(page.locator(".cropper img")).to_have_js_property("complete", value=True)
    assert page.locator(".cropper img").evaluate("image => image.naturalWidth") > 0
    expect(page.locator("ol.facies-bars.votes li").first).to_contain_text("trilete_spore")


def test_several_uploads_make_one_query(stack: Any, open_page: Callable[..., Page]) -> None:
    page = open_page(stack.ui)
    expect(page.get_by_role("listbox")).to_be_visible()
    folder = stack.samples / "rose_diagram"
    page.set_input_files("input[type=file]", [folder / "rose_diagram_000.png", folder / "rose_diagram_001.png"])
    expect(page.get_by_role("heading", name="Query of 2 examples")).to_be_visible()
    wait_for_results(page)
    page.get_by_role("button", name="Show rose_diagram_001.png").click()
    expect(page.locator(".cropper img")).to_have_attribute("alt", "rose_diagram_001.png")
    page.get_by_role("button", name="Remove rose_diagram_000.png").click(force=True)
    expect(page.get_by_role("heading", name="Query", exact=True)).to_be_visible()
    expect(tiles(page).first).to_contain_text("1.00")


def test_a_sixteen_bit_tiff_is_searched_with(stack: Any, open_page: Callable[..., Page]) -> None:
    """No browser shows it; the page says so and the service decodes it."""
    held = io.BytesIO()
    tifffile.imwrite(held, np.linspace(0, 65535, 120 * 90, dtype=np.uint16).reshape(90, 120))
    page = open_page(stack.ui)
    expect(page.get_by_role("listbox")).to_be_visible()
    page.set_input_files("input[type=file]", {"name": "grain.tif", "mimeType": "image/tiff", "buffer": held.getvalue()})
    wait_for_results(page)
    expect(page.get_by_text("The browser cannot show this kind of file")).to_be_visible()


def test_an_unreadable_upload_is_told_and_can_be_left(stack: Any, open_page: Callable[..., Page]) -> None:
    page = open_page(stack.ui)
    expect(page.get_by_role("listbox")).to_be_visible()
    page.set_input_files("input[type=file]", {"name": "note.png", "mimeType": PNG, "buffer": b"no image"})
    expect(page.get_by_text("This image cannot be read").first).to_be_visible()
    expect(page.get_by_text("Note.png is not a readable image")).to_be_visible()
    assert "Traceback" not in page.content()
    page.get_by_role("button", name="Start over").click()
    expect(page.get_by_role("listbox", name=re.compile("of 60 images"))).to_be_visible()


def test_a_deep_link_opens_its_search(stack: Any, open_page: Callable[..., Page]) -> None:
    url, image_id = search_url(stack)
    page = open_page(url)
    wait_for_results(page)
    expect(tiles(page)).to_have_count(24)
    ids = tiles(page).evaluate_all("all => all.map(one => one.dataset.id)")
    assert image_id not in ids
    shown = [float(t) for t in tiles(page).locator(".number").all_inner_texts()]
    assert shown == sorted(shown, reverse=True)


def test_find_similar_from_a_tile_and_back(stack: Any, open_page: Callable[..., Page]) -> None:
    url, image_id = search_url(stack)
    page = open_page(url)
    wanted = first_id(page)
    tiles(page).first.hover()
    page.locator(".cell").first.locator(".tool.similar").click()
    expect(page).to_have_url(re.compile(f"id={wanted}"))
    expect(page.locator(f"{OPTION}[data-id='{image_id}']")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile(f"id={image_id}"))
    expect(page.locator(f"{OPTION}[data-id='{wanted}']")).to_be_visible()


def test_filter_by_label(stack: Any, open_page: Callable[..., Page]) -> None:
    page = open_page(search_url(stack)[0])
    wait_for_results(page)
    page.get_by_role("combobox", name=re.compile("Only these labels")).click()
    page.get_by_role("option", name=re.compile(r"bar_chart \(4\)")).click()
    page.keyboard.press("Escape")
    expect(page.get_by_text("1 filter on")).to_be_visible()
    expect(tiles(page).locator(".chip")).to_have_text(["bar_chart"] * 4)


def test_filter_by_metadata_with_counts_that_follow_the_other_filters(
    stack: Any, open_page: Callable[..., Page]
) -> None:
    page = open_page(search_url(stack)[0])
    wait_for_results(page)
    page.get_by_role("button", name="Filter").click()
    panel = page.get_by_test_id("stPopoverBody")
    expect(panel).to_contain_text("60 of 60 images pass")
    page.get_by_role("combobox", name=re.compile("well")).click()
    page.get_by_role("option", name=re.compile("DEMO-1 ")).click()
    expect(panel).not_to_contain_text("60 of 60 images pass")
    passing = int(panel.get_by_text("images pass").inner_text().split()[0])
    assert 0 < passing < 60
    page.keyboard.press("Escape")
    expect(page.get_by_text("1 filter on")).to_be_visible()
    expect(page.get_by_text(f"nearest of {passing} images")).to_be_visible()
    expect(page.locator(f"{OPTION}:not([title*='well: DEMO-1'])")).to_have_count(0)
    expect(page).to_have_url(re.compile("only=well%3DDEMO-1"))
    page.reload()
    expect(page.get_by_text(f"nearest of {passing} images")).to_be_visible()


def test_near_copies_fold_and_no_field_fills_the_page(stack: Any, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{search_url(stack)[0]}&fold=yes&k=60")
    wait_for_results(page)
    expect(page.get_by_text("near copies folded")).to_be_visible()
    page.get_by_role("button", name="Arrange").click()
    page.get_by_role("combobox", name=re.compile("Not too many of one")).click()
    page.get_by_role("option", name="label").click()
    expect(page.get_by_text("1 of each label")).to_be_visible()
    page.keyboard.press("Escape")
    expect(tiles(page).locator(".chip").first).to_be_visible()
    labels = tiles(page).locator(".chip").all_inner_texts()
    assert len(labels) == len(set(labels)) > 5
    expect(page).to_have_url(re.compile("group=label"))


def test_another_order_and_another_number_are_asked_for(stack: Any, open_page: Callable[..., Page]) -> None:
    page = open_page(search_url(stack)[0])
    wait_for_results(page)
    page.get_by_label("Neighbours", exact=True).fill("10")
    page.keyboard.press("Enter")
    expect(tiles(page)).to_have_count(10)
    page.get_by_role("button", name="Arrange").click()
    page.get_by_role("radio", name="always").click()
    expect(page.get_by_text("re-ranked by diffusion")).to_be_visible()
    page.get_by_role("slider", name="Diversity").press("ArrowRight")
    expect(page.get_by_text("diversity 0.1")).to_be_visible()
    expect(page).to_have_url(re.compile("k=10.*rerank=yes.*diversity=0.1"))


def test_marks_for_and_against_refine_the_query(stack: Any, open_page: Callable[..., Page]) -> None:
    page = open_page(search_url(stack)[0])
    wait_for_results(page)
    liked, disliked = (tiles(page).nth(n).get_attribute("data-id") for n in (0, 2))
    tiles(page).nth(0).hover()
    page.locator(".cell").nth(0).locator(".tool.plus").click()
    tiles(page).nth(2).hover()
    page.locator(".cell").nth(2).locator(".tool.minus").click()
    expect(page.get_by_text("more like these")).to_be_visible()
    page.get_by_role("button", name="Refine search").click()
    expect(page.get_by_role("heading", name="Query of 3 examples")).to_be_visible()
    expect(page).to_have_url(re.compile(f"id={liked}.*not={disliked}"))
    expect(page.locator(f"{OPTION}[data-id='{liked}']")).to_have_count(0)
    page.get_by_role("button", name=f"{disliked}: less like this. Turn").click()
    expect(page).not_to_have_url(re.compile("not="))


def test_the_keys_move_open_mark_and_find(stack: Any, open_page: Callable[..., Page]) -> None:
    page = open_page(search_url(stack)[0])
    wait_for_results(page)
    tiles(page).first.focus()
    page.keyboard.press("ArrowRight")
    expect(tiles(page).nth(1)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(tiles(page).nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(tiles(page).nth(1)).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("complementary", name=re.compile("Details of"))).to_be_visible()
    page.keyboard.press("+")
    expect(page.get_by_role("button", name="More like this", exact=True)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("+")
    page.keyboard.press("Escape")
    expect(page.get_by_role("complementary", name=re.compile("Details of"))).to_have_count(0)
    wanted = tiles(page).nth(1).get_attribute("data-id")
    page.keyboard.press("f")
    expect(page).to_have_url(re.compile(f"id={wanted}"))


def test_the_details_say_what_is_known_and_lead_to_the_original(stack: Any, open_page: Callable[..., Page]) -> None:
    page = open_page(search_url(stack)[0])
    wait_for_results(page)
    tiles(page).first.click()
    details = page.get_by_role("complementary", name=re.compile("Details of"))
    expect(details).to_contain_text("DEMO-")
    expect(details).to_contain_text("um_per_px")
    expect(details.locator("code")).to_have_text(tiles(page).first.get_attribute("data-id") or "")
    details.get_by_role("button", name="Copy").click()
    expect(details.get_by_role("button", name="Copied")).to_be_visible()
    link = details.get_by_role("link", name="Open original").get_attribute("href") or ""
    assert httpx.get(link).headers["content-type"] == PNG


def test_a_drawn_crop_searches_with_a_part(stack: Any, open_page: Callable[..., Page]) -> None:
    page = open_page(search_url(stack)[0])
    wait_for_results(page)
    before = tiles(page).locator(".number").first.inner_text()
    expect(page.locator(".cropper img")).to_have_js_property("complete", value=True)
    area = page.locator(".cropper").bounding_box()
    assert area is not None
    page.mouse.move(area["x"] + 20, area["y"] + 20)
    page.mouse.down()
    page.mouse.move(area["x"] + area["width"] / 2, area["y"] + area["height"] / 2, steps=4)
    page.mouse.up()
    expect(page.get_by_text(re.compile(r"Crop \d+ . \d+ px"))).to_be_visible()
    expect(tiles(page).locator(".number").first).not_to_have_text(before)
    page.get_by_role("button", name="Use the whole image").click()
    expect(tiles(page).locator(".number").first).to_have_text(before)


def test_show_more_keeps_what_was_there(stack: Any, open_page: Callable[..., Page]) -> None:
    page = open_page(search_url(stack)[0])
    wait_for_results(page)
    first = first_id(page)
    page.get_by_role("button", name="Show more").click()
    expect(tiles(page)).to_have_count(48)
    assert first_id(page) == first
    page.get_by_role("button", name="Show more").click()
    expect(tiles(page)).to_have_count(59)
    expect(page.get_by_role("button", name="Show more")).to_have_count(0)
    ids = tiles(page).evaluate_all("all => all.map(one => one.dataset.id)")
    assert len(set(ids)) == 59


@pytest.mark.parametrize(("width", "night"), [(420, False), (900, True)])
def test_every_width_by_day_and_night(stack: Any, open_page: Callable[..., Page], width: int, night: bool) -> None:
    page = open_page(search_url(stack)[0], width=width, night=night)
    wait_for_results(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    shade = page.locator(".stApp").evaluate("app => getComputedStyle(app).backgroundColor")
    assert (sum(int(n) for n in re.findall(r"\d+", shade)) < 3 * 128) == night
    pictures = page.locator("img").evaluate_all("all => all.filter(one => !one.hasAttribute('alt')).length")
    assert pictures == 0
