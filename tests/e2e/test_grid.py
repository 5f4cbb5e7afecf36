"""The gallery in a real browser: every gesture and key, on drawn images with the real service."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

OPTION = "[role=option]"
STRANGE = "Öpik's spore №7 <b>花粉</b>"


@pytest.fixture
def gallery(stack: Any, open_page: Callable[..., Page]) -> Iterator[Page]:
    """The images of the collection; what a test has said of them is taken back."""
    first = newest_batch(stack)
    page = open_page(f"{stack.ui}/?collection=samples")
    expect(tiles(page).first).to_be_visible()
    yield page
    for batch in batches(stack):
        if batch["number"] > first and batch["in_effect"] and batch["undoes"] is None:
            httpx.post(f"{labels_of(stack)}/batches/{batch['number']}/undo").raise_for_status()


def labels_of(stack: Any) -> str:
    return f"{stack.api}/v1/collections/samples/labels"


def batches(stack: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = httpx.get(f"{labels_of(stack)}/batches").raise_for_status().json()["batches"]
    return found


def newest_batch(stack: Any) -> int:
    return int(batches(stack)[0]["number"])


def image(stack: Any, image_id: str | None) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{stack.api}/v1/collections/samples/images/{image_id}").json()
    return found


def tiles(page: Page) -> Locator:
    return page.get_by_role("listbox", name=re.compile("images of samples")).locator(OPTION)


def ids(page: Page, *places: int) -> list[str | None]:
    return [tiles(page).nth(place).get_attribute("data-id") for place in places]


def chosen(page: Page) -> list[int]:
    found: list[int] = tiles(page).evaluate_all(
        "all => all.flatMap((one, place) => one.getAttribute('aria-selected') === 'true' ? [place] : [])"
    )
    return found


def details(page: Page) -> Locator:
    return page.get_by_role("complementary", name=re.compile("Details of|images chosen"))


def bar(page: Page) -> Locator:
    return page.get_by_role("toolbar", name="What to do with the chosen images")


def test_a_click_chooses_one_and_another_click_lets_it_go(gallery: Page) -> None:
    tiles(gallery).nth(3).click()
    assert chosen(gallery) == [3]
    expect(details(gallery)).to_be_visible()
    tiles(gallery).nth(1).click()
    assert chosen(gallery) == [1]
    tiles(gallery).nth(1).click()
    assert chosen(gallery) == []
    expect(details(gallery)).to_have_count(0)


def test_shift_chooses_a_range_and_control_one_more_or_less(gallery: Page) -> None:
    tiles(gallery).nth(2).click()
    tiles(gallery).nth(6).click(modifiers=["Shift"])
    assert chosen(gallery) == [2, 3, 4, 5, 6]
    tiles(gallery).nth(0).click(modifiers=["Shift"])
    assert chosen(gallery) == [0, 1, 2]
    tiles(gallery).nth(5).click(modifiers=["Control"])
    tiles(gallery).nth(1).click(modifiers=["Control"])
    assert chosen(gallery) == [0, 2, 5]
    expect(details(gallery)).to_contain_text("3 images chosen")
    expect(bar(gallery)).to_contain_text("3 of 48 chosen")


def test_the_box_on_a_tile_chooses_without_a_key(gallery: Page) -> None:
    for place in (1, 4):
        tiles(gallery).nth(place).hover()
        gallery.locator(".cell").nth(place).locator(".tick").click()
    assert chosen(gallery) == [1, 4]


def test_keys_choose(gallery: Page) -> None:
    tiles(gallery).first.focus()
    gallery.keyboard.press("ArrowRight")
    assert chosen(gallery) == [1]
    gallery.keyboard.press("Shift+ArrowRight")
    gallery.keyboard.press("Shift+ArrowRight")
    assert chosen(gallery) == [1, 2, 3]
    gallery.keyboard.press("Control+ArrowRight")
    expect(tiles(gallery).nth(4)).to_be_focused()
    gallery.keyboard.press("Control+ArrowRight")
    gallery.keyboard.press(" ")
    assert chosen(gallery) == [1, 2, 3, 5]
    gallery.keyboard.press("i")
    assert chosen(gallery) == [0, 4, *range(6, 48)]
    gallery.keyboard.press("a")
    assert len(chosen(gallery)) == 48
    gallery.keyboard.press("Escape")
    assert chosen(gallery) == []
    gallery.keyboard.press("Control+a")
    assert len(chosen(gallery)) == 48
    gallery.keyboard.press("Home")
    assert chosen(gallery) == [0]
    gallery.keyboard.press("End")
    expect(tiles(gallery).nth(47)).to_be_focused()
    assert chosen(gallery) == [47]


def test_a_number_labels_what_is_chosen_and_u_takes_it_back(stack: Any, gallery: Page) -> None:
    tiles(gallery).nth(2).click()
    tiles(gallery).nth(4).click(modifiers=["Shift"])
    three = ids(gallery, 2, 3, 4)
    before = [image(stack, one)["label"] for one in three]
    second = bar(gallery).get_by_role("button", name=re.compile("^2 ")).get_attribute("title")
    gallery.keyboard.press("2")
    expect(gallery.get_by_text("3 images are now")).to_be_visible()
    assert {image(stack, one)["label"] for one in three} == {second}
    assert [image(stack, one)["state"] for one in three] == ["validated"] * 3
    expect(tiles(gallery).nth(3).locator(".chip")).to_have_text(second or "")
    expect(tiles(gallery).nth(5)).to_be_focused()
    gallery.keyboard.press("u")
    expect(gallery.get_by_text("is undone")).to_be_visible()
    assert [image(stack, one)["label"] for one in three] == before
    expect(tiles(gallery).nth(3).locator(".chip")).to_have_text(str(before[1]))


def test_a_name_of_any_letters_is_typed_and_the_history_tells_of_it(stack: Any, gallery: Page) -> None:
    tiles(gallery).nth(7).click()
    (named,) = ids(gallery, 7)
    gallery.keyboard.press("l")
    expect(gallery.get_by_label("Label for the chosen images")).to_be_focused()
    gallery.keyboard.type(STRANGE)
    gallery.keyboard.press("Enter")
    expect(gallery.get_by_text("1 image is now")).to_contain_text(STRANGE)
    assert image(stack, named)["label"] == STRANGE
    expect(tiles(gallery).nth(7).locator(".chip")).to_have_text(STRANGE)
    tiles(gallery).nth(7).click()
    details(gallery).get_by_text("History").click()
    told = details(gallery).locator(".history li")
    expect(told).to_have_count(len(httpx.get(f"{labels_of(stack)}/history/{named}").json()["events"]))
    expect(told.first).to_contain_text(STRANGE)
    gallery.get_by_role("button", name="Undo", exact=True).click()
    expect(gallery.get_by_text("is undone")).to_be_visible()
    assert image(stack, named)["label"] != STRANGE


def test_what_an_image_does_not_show_and_what_is_doubtful_can_be_said(stack: Any, gallery: Page) -> None:
    tiles(gallery).nth(8).click()
    around = ids(gallery, 7, 8, 9, 10)
    gallery.keyboard.press("q")
    expect(gallery.get_by_text(re.compile("1 image is now .*dubious"))).to_be_visible()
    assert [image(stack, one)["state"] for one in around] == ["validated", "dubious", "validated", "validated"]
    expect(tiles(gallery).nth(8)).to_contain_text("dubious")
    expect(tiles(gallery).nth(9)).to_be_focused()
    assert (chosen(gallery), ids(gallery, 7, 8, 9, 10)) == ([9], around)
    gallery.keyboard.press("x")
    expect(gallery.get_by_text(re.compile("1 image is now .*rejected"))).to_be_visible()
    assert [image(stack, one)["state"] for one in around] == ["validated", "dubious", "rejected", "validated"]


def test_a_label_that_somebody_else_changed_meanwhile_is_not_overwritten(stack: Any, gallery: Page) -> None:
    (one,) = ids(gallery, 10)
    tiles(gallery).nth(10).click()
    said = {"labels": [{"id": one, "label": "another expert's word"}]}
    httpx.post(labels_of(stack), json=said).raise_for_status()
    gallery.keyboard.press("1")
    expect(gallery.get_by_text("has changed")).to_be_visible()
    assert image(stack, one)["label"] == "another expert's word"
    expect(tiles(gallery).nth(10).locator(".chip")).to_have_text("another expert's word")


def test_the_details_hide_and_come_back_by_a_key(gallery: Page) -> None:
    tiles(gallery).nth(2).click()
    expect(details(gallery)).to_be_visible()
    gallery.keyboard.press("d")
    expect(details(gallery)).to_have_count(0)
    gallery.keyboard.press("ArrowRight")
    expect(details(gallery)).to_have_count(0)
    gallery.keyboard.press("Enter")
    expect(details(gallery)).to_be_visible()
    details(gallery).get_by_role("button", name="Close details").click()
    expect(details(gallery)).to_have_count(0)
    expect(tiles(gallery).nth(3)).to_be_focused()


def test_the_reference_plate_of_a_class_stands_beside_the_image(gallery: Page) -> None:
    tiles(gallery).nth(2).click()
    details(gallery).get_by_text(re.compile("What .* looks like")).click()
    middle = details(gallery).get_by_role("figure").filter(has_text="in the middle").locator("img")
    expect(middle.first).to_be_visible()
    expect(middle.first).to_have_js_property("complete", value=True)
    assert middle.first.evaluate("image => image.naturalWidth") > 0


def test_an_image_is_taken_to_the_page_where_strokes_are_drawn(stack: Any, gallery: Page) -> None:
    (wanted,) = ids(gallery, 2)
    tiles(gallery).nth(2).click()
    place = details(gallery).get_by_role("link", name="Segment").get_attribute("href")
    assert place == f"{stack.ui}/segment?collection=samples&image={wanted}"
    gallery.goto(place)
    gallery.get_by_role("button", name="Begin to draw").click()
    expect(gallery.locator(".root.scribble[data-ready]")).to_be_visible(timeout=60_000)


def test_a_double_click_and_f_find_similar_images(gallery: Page) -> None:
    (wanted,) = ids(gallery, 5)
    tiles(gallery).nth(5).dblclick()
    expect(gallery).to_have_url(re.compile(f"id={wanted}"))
    neighbours = gallery.get_by_role("listbox", name=re.compile("neighbours")).locator(OPTION)
    expect(neighbours.first).to_be_visible()
    nearest = neighbours.first.get_attribute("data-id")
    neighbours.first.focus()
    gallery.keyboard.press("f")
    expect(gallery).to_have_url(re.compile(f"id={nearest}"))


def test_the_choice_stays_when_more_is_shown(gallery: Page) -> None:
    tiles(gallery).nth(2).click()
    tiles(gallery).nth(4).click(modifiers=["Control"])
    gallery.get_by_role("button", name="Show more").click()
    expect(tiles(gallery)).to_have_count(60)
    assert chosen(gallery) == [2, 4]


def test_a_picture_that_did_not_come_is_told_and_asked_for_again(stack: Any, browser: Browser) -> None:
    page = browser.new_page()  # not `open_page`: the browser complains of each refusal in its console
    thumbnail = re.compile(r"/thumbnail")
    page.route(thumbnail, lambda route: route.abort())
    page.goto(f"{stack.ui}/?collection=samples")
    area = tiles(page).first.locator(".area")
    expect(area).to_have_attribute("data-missing", "")
    page.unroute(thumbnail)
    expect(area.locator("img")).not_to_have_js_property("naturalWidth", 0)
    expect(area).not_to_have_attribute("data-missing", "")
    page.close()


@pytest.mark.parametrize("night", [False, True])
def test_every_choice_can_be_seen_and_heard(stack: Any, open_page: Callable[..., Page], night: bool) -> None:
    page = open_page(f"{stack.ui}/?collection=samples", night=night)
    expect(tiles(page).first).to_be_visible()
    tiles(page).nth(1).click()
    assert tiles(page).nth(1).evaluate("one => getComputedStyle(one).boxShadow") != "none"
    expect(page.get_by_role("listbox", name=re.compile("images of samples"))).to_have_attribute(
        "aria-multiselectable", "true"
    )
    assert tiles(page).evaluate_all("all => all.every((one) => one.ariaSetSize === '48' && one.ariaLabel)")
    assert tiles(page).evaluate_all("all => all.filter((one) => one.tabIndex === 0).length") == 1
    unnamed = page.locator(".gallery button:not([aria-hidden=true] *):not([aria-hidden=true])").evaluate_all(
        "all => all.filter((one) => !one.textContent.trim() && !one.ariaLabel).length"
    )
    assert unnamed == 0
