"""Story B, label a new batch, as a person does it: in a browser, on the real service, with real images."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Site

NAME = "Õpik\u2019s spore №7 \u2014 花粉"
LEARN_MS = 90_000


def open_work(site: Site, open_page: Callable[..., Page], query: str, name: str = "scampi", **options: Any) -> Page:
    return open_page(f"{site.ui}/label?collection={name}&{query}", **options)


def tiles(page: Page, name: str | re.Pattern[str] = re.compile("images")) -> Locator:
    return page.get_by_role("listbox", name=name).get_by_role("option")


def focused(page: Page) -> str:
    """The name of what has the focus, inside components too."""
    name: str = page.evaluate(
        "() => { let at = document.activeElement;"
        "while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;"
        "return at?.getAttribute('role') ?? at?.tagName ?? ''; }"
    )
    return name


def wait_for_focus(page: Page) -> None:
    for _ in range(200):
        if focused(page) == "option":
            return
        page.wait_for_timeout(100)
    pytest.fail(f"the focus is on {focused(page)!r}, expected a tile")


def test_story_label(site: Site, open_page: Callable[..., Page]) -> None:
    """What is sure is labelled at 0.95, what is not is reviewed by keys, and all of it is undone, the oldest first."""
    before = site.counts()
    assert before["validated"] > 300
    assert before["unnamed"] == 697 - before["validated"]
    page = open_work(site, open_page, "work=automatic")
    apply = page.get_by_role("button", name=re.compile(r"^label Label \d+ images$|^Label \d+ images$"))
    expect(apply).to_be_visible(timeout=LEARN_MS)
    told = int(re.sub(r"\D", "", apply.inner_text()))
    assert told > 100
    expect(page.locator("[data-testid=stVegaLiteChart]")).to_have_count(2)
    page.get_by_text("Labelled (", exact=False).click()
    expect(tiles(page, re.compile("would be labelled"))).to_have_count(60)
    newest = site.newest()
    apply.dblclick()  # which is to count once
    expect(page.get_by_text(f"{told} images are labelled")).to_be_visible(timeout=LEARN_MS)
    automatic = site.newest()
    assert automatic == newest + 1
    assert site.counts()["predicted"] == told
    truth = {one["id"]: Path(one["path"]).parent.name for one in images_of(site, "scampi")}
    predicted = [one for one in images_of(site, "scampi") if one["state"] == "predicted"]
    right = sum(truth[one["id"]] == one["label"] for one in predicted)
    assert right / told > 0.9, "the labels are about as right as was asked for"
    assert site.counts()["validated"] == before["validated"]

    page.get_by_text("Queues", exact=True).click()
    waiting = tiles(page, re.compile("that wait"))
    expect(waiting.first).to_be_visible(timeout=LEARN_MS)
    wait_for_focus(page)
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 of 50 reviewed in this session")).to_be_visible()
    wait_for_focus(page)
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("1")
    expect(page.get_by_text("3 of 50 reviewed in this session")).to_be_visible()
    assert site.counts()["validated"] == before["validated"] + 3

    page.get_by_text("Batches", exact=True).click()
    page.locator(f".st-key-undo-{automatic} button").click()
    page.get_by_role("button", name="Undo it").click()
    expect(page.get_by_text(f"Batch {automatic} is undone.")).to_be_visible()
    after = site.counts()
    assert (after["predicted"], after["validated"]) == (0, before["validated"] + 3), "what was reviewed stays"
    page.locator(f".st-key-redo-{automatic} button").click()
    page.get_by_role("button", name="Bring it back").click()
    expect(page.get_by_text(f"Batch {automatic} is in effect again.")).to_be_visible()
    assert site.counts()["predicted"] >= told - 3
    undo_all(site, "scampi", down_to=automatic)
    assert site.counts() == before


def images_of(site: Site, name: str) -> list[Any]:
    found: list[Any] = site.get(f"{name}/images?limit=1000")["images"]
    return found


def undo_all(site: Site, name: str, *, down_to: int) -> None:
    for one in site.get(f"{name}/labels/batches?limit=100")["batches"]:
        if one["number"] >= down_to and one["in_effect"] and one["undoes"] is None:
            site.post(f"{name}/labels/batches/{one['number']}/undo")


def test_the_slider_is_moved_by_keys_and_the_address_says_where_it_stands(
    site: Site, open_page: Callable[..., Page]
) -> None:
    page = open_work(site, open_page, "work=automatic&precision=0.9&only=campaign%3Dnew&group=slide")
    apply = page.locator("[class*=st-key-auto-apply-now] button")
    expect(apply).to_be_visible(timeout=LEARN_MS)
    expect(page.get_by_role("button", name=re.compile("Which images.*2 set"))).to_be_visible()
    at_90 = int(re.sub(r"\D", "", apply.inner_text()))
    slider = page.get_by_role("slider")
    slider.focus()
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("precision=0.99"))
    expect(apply).not_to_have_text(re.compile(rf"\b{at_90}\b"))
    assert int(re.sub(r"\D", "", apply.inner_text())) < at_90


def test_a_queue_is_worked_through_without_a_mouse(site: Site, open_page: Callable[..., Page]) -> None:
    """Names on keys, a name that is typed, not this, doubtful, undo, next images: the focus never has to be sought."""
    before = site.counts("bare")
    page = open_work(site, open_page, "work=queue&by=diverse", "bare")
    expect(tiles(page, re.compile("that wait"))).to_have_count(50, timeout=LEARN_MS)
    wait_for_focus(page)
    page.keyboard.press("l")
    page.keyboard.type(NAME)
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 of 50 reviewed in this session")).to_be_visible()
    assert site.get("bare")["labels"] == {NAME: 1}
    page.keyboard.press("g")
    wait_for_focus(page)
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("1")
    expect(page.get_by_text("3 of 50 reviewed in this session")).to_be_visible()
    assert site.get("bare")["labels"] == {NAME: 3}
    wait_for_focus(page)
    page.keyboard.press("u")
    expect(page.get_by_text("1 of 50 reviewed in this session")).to_be_visible()
    assert site.get("bare")["labels"] == {NAME: 1}
    page.keyboard.press("n")
    expect(page.get_by_text(re.compile("1 of 1[01] reviewed in this session"))).to_be_visible(timeout=LEARN_MS)
    wait_for_focus(page)
    page.keyboard.press("a")
    page.keyboard.press("1")
    expect(page.get_by_text("These are done.")).to_be_visible()
    page.keyboard.press("n")
    expect(page.get_by_text("Nothing more is in this queue.")).to_be_visible(timeout=LEARN_MS)
    undo_all(site, "bare", down_to=1)
    assert site.counts("bare") == before


def test_the_sure_ones_are_accepted_together(site: Site, open_page: Callable[..., Page]) -> None:
    before = site.counts()
    page = open_work(site, open_page, "work=queue&by=uncertain&size=1000&fold=0")
    expect(page.get_by_text("0 of 343 reviewed")).to_be_visible(timeout=LEARN_MS)
    page.get_by_role("button", name="Accept the sure ones").click()
    accept = page.get_by_role("button", name=re.compile(r"^Accept \d+ images$"))
    expect(accept).to_be_visible()
    count = int(re.sub(r"\D", "", accept.inner_text()))
    accept.click()
    expect(page.get_by_text(f"{count} of 343 reviewed")).to_be_visible()
    assert site.counts()["validated"] == before["validated"] + count
    page.get_by_role("button", name="Undo").first.click()
    expect(page.get_by_text("0 of 343 reviewed")).to_be_visible()
    assert site.counts() == before


def test_whoever_was_faster_is_not_overwritten(site: Site, open_page: Callable[..., Page]) -> None:
    page = open_work(site, open_page, "work=queue&by=uncertain")
    waiting = tiles(page, re.compile("that wait"))
    expect(waiting.first).to_be_visible(timeout=LEARN_MS)
    wait_for_focus(page)
    queue = site.post("scampi/review/queue", by="uncertain", fold=True)
    first = queue["items"][0]["image"]["id"]
    given = site.post("scampi/labels", labels=[{"id": first, "label": "an expert's"}])
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile(r"has changed: seen was .* Nothing was changed"))).to_be_visible()
    assert site.get(f"scampi/images/{first}")["label"] == "an expert's"
    expect(page.get_by_text("0 of 50 reviewed")).to_be_visible(timeout=LEARN_MS)
    site.post(f"scampi/labels/batches/{given['number']}/undo")


def test_a_label_is_grown_by_few_pages_an_audit_and_one_batch(site: Site, open_page: Callable[..., Page]) -> None:
    """The person knows the truth: the folder that an image lies in."""
    label = "inaperturopollenites"
    before = site.counts()
    names = {one["id"]: Path(one["path"]).parent.name for one in images_of(site, "scampi")}
    page = open_work(site, open_page, f"work=grow&label={label}")
    page.get_by_role("combobox", name=re.compile("Images of a page")).click()
    page.get_by_role("option", name="5", exact=True).click()
    page.get_by_role("button", name="Begin").click()
    shown = tiles(page, re.compile(f"most like {label} first"))
    for _ in range(12):
        verdict = page.locator(
            "[class*=st-key-grow-right] button, [class*=st-key-grow-draw] button, [class*=st-key-grow-audited] button"
        )
        done = page.locator("[class*=st-key-grow-accept] button")
        expect(verdict.or_(done).first).to_be_visible(timeout=LEARN_MS)
        if done.count():
            break
        if page.locator("[class*=st-key-grow-draw] button").count():
            page.keyboard.press("y")
            expect(page.locator("[class*=st-key-grow-audited] button")).to_be_visible(timeout=LEARN_MS)
            continue
        is_audit = page.locator("[class*=st-key-grow-audited] button").count() > 0
        wrong = take_out(page, shown, names, label)
        mostly = wrong > 3 and not is_audit
        head = page.get_by_text(re.compile(r"\d+ pages judged")).inner_text()
        judged = pages_judged(page)
        for _ in range(2):  # the second press is for a page that nobody has seen
            page.keyboard.press("n" if mostly else "y")
        if is_audit:
            expect(done).to_be_visible(timeout=LEARN_MS)
        else:
            expect(page.get_by_text(head, exact=True)).to_have_count(0, timeout=LEARN_MS)
        page.wait_for_timeout(300)
        assert pages_judged(page) == judged + (not is_audit)
    expect(done).to_be_visible()
    expect(page.get_by_text("of the sample right")).to_be_visible()
    done.click()
    expect(page.get_by_text(re.compile(rf"{label}: \d+ validated"))).to_be_visible(timeout=LEARN_MS)
    assert site.counts()["validated"] > before["validated"]
    grown = site.get("scampi/labels/batches?limit=1")["batches"][0]
    assert grown["source"] == "bisection"
    new = [one for one in images_of(site, "scampi") if one["label"] == label and one["event"]]
    right = [names[one["id"]] == label for one in new]
    assert sum(right) / len(right) > 0.95
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text(re.compile("is undone"))).to_be_visible()
    assert site.counts() == before


def pages_judged(page: Page) -> int:
    found = re.search(r"([\d,]+) pages judged", page.get_by_text(re.compile("pages judged")).inner_text())
    assert found is not None
    return int(found[1].replace(",", ""))


def take_out(page: Page, shown: Locator, names: dict[str, str], label: str) -> int:
    """Take out what does not belong, by keys; from the fourth on a page is mostly wrong."""
    expect(shown.first).to_be_visible()
    wait_for_focus(page)
    ids = shown.evaluate_all("all => all.map(one => one.dataset.id)")
    wrong = [place for place, one in enumerate(ids) if names[one] != label]
    if len(wrong) > 3:
        return len(wrong)
    for count, place in enumerate(wrong, start=1):
        page.keyboard.press("Home")
        for _ in range(place):
            page.keyboard.press("ArrowRight")
        page.keyboard.press("x")
        expect(page.get_by_text("taken out")).to_have_count(count)
    return len(wrong)


def test_unknown_groups_are_named_promoted_and_taken_back(site: Site, open_page: Callable[..., Page]) -> None:
    before, newest = site.counts(), site.newest()
    page = open_work(site, open_page, "work=unknowns")
    page.get_by_role("button", name="Give provisional names").click(timeout=LEARN_MS)
    expect(page.get_by_text("images got the provisional name of their group")).to_be_visible(timeout=LEARN_MS)
    first = next(name for name in site.get("scampi")["labels"] if name.startswith("Unknown"))
    page.get_by_role("button", name="Rename").first.click()
    form = page.get_by_test_id("stPopoverBody")
    form.get_by_role("combobox", name="Becomes").fill(NAME)
    page.keyboard.press("Enter")
    form.get_by_role("button", name="Rename").click()
    expect(page.get_by_text(f"images are now {NAME}")).to_be_visible(timeout=LEARN_MS)
    labels = site.get("scampi")["labels"]
    assert NAME in labels
    assert first not in labels or labels[first] == 0
    undo_all(site, "scampi", down_to=newest + 1)
    assert site.counts() == before


def test_with_nothing_validated_or_no_image_the_page_says_how_to_begin(
    site: Site, open_page: Callable[..., Page]
) -> None:
    page = open_work(site, open_page, "work=automatic", "bare")
    expect(page.get_by_text("Nothing is validated yet")).to_be_visible()
    page.get_by_role("button", name="Name diverse images").click()
    expect(tiles(page, re.compile("that wait")).first).to_be_visible(timeout=LEARN_MS)
    expect(page).to_have_url(re.compile("work=queue&by=diverse"))
    empty = open_work(site, open_page, "work=queue", "empty")
    expect(empty.get_by_text("holds no images yet")).to_be_visible()


def test_what_is_typed_is_not_taken_for_a_key(site: Site, open_page: Callable[..., Page]) -> None:
    """n, y and g are keys of the page; in a name they are letters."""
    page = open_work(site, open_page, "work=queue&by=diverse", "bare")
    expect(tiles(page, re.compile("that wait"))).to_have_count(50, timeout=LEARN_MS)
    wait_for_focus(page)
    page.keyboard.press("l")
    page.keyboard.type("nanny gyn")
    page.wait_for_timeout(500)
    expect(page.get_by_label("Label for the chosen images")).to_have_value("nanny gyn")
    expect(tiles(page, re.compile("that wait"))).to_have_count(50)
    page.keyboard.press("Escape")
    wait_for_focus(page)
