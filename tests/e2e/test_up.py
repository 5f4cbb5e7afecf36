"""`facies up` for real: service and interface in one process at one address; and pages whose session is gone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from .conftest import START_S, environment, free_port, run_facies, serving, wait_until_healthy

OPTION = "[role=option]"


@pytest.fixture(scope="module")
def data(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with sixty drawn images, which no process holds."""
    root = tmp_path_factory.mktemp("up")
    env = alone(root / "data", free_port())
    run_facies(env, "datasets", "sample", str(root / "samples"), "--per-class", "4")
    source = [str(root / "samples" / "manifest.csv"), "--labels", "manifest", "--collection", "samples"]
    run_facies(env, "index", *source, "--model", "efficientnet-lite0", "--json")
    return root / "data"


def alone(data: Path, port: int) -> dict[str, str]:
    """Settings with nothing but the folder and the port: `facies up` knows the rest."""
    url = f"http://127.0.0.1:{port}"
    env = environment(data, api=url, ui=url, allowed=data)
    for name in ("FACIES_API__CORS_ORIGINS", "FACIES_API__ALLOWED_ROOTS", "FACIES_UI__API_URL", "FACIES_UI__PORT"):
        del env[name]
    return env


@contextmanager
def up(data: Path, port: int) -> Iterator[str]:
    with serving(alone(data, port), "up") as process:
        wait_until_healthy(process, f"http://127.0.0.1:{port}/v1/health")
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def address(data: Path) -> Iterator[str]:
    with up(data, free_port()) as url:
        yield url


def image_of(url: str, label: str) -> str:
    listed = httpx.get(f"{url}/v1/collections/samples/images", params={"label": label, "limit": 1})
    return str(listed.raise_for_status().json()["images"][0]["id"])


def neighbours(page: Page) -> Any:
    return page.get_by_role("listbox", name=re.compile("neighbours")).locator(OPTION)


def loaded(page: Page) -> None:
    """The first picture has come."""
    expect(neighbours(page).first.locator("img")).not_to_have_js_property("naturalWidth", 0)


def test_one_address_has_pages_pictures_and_service(address: str, open_page: Callable[..., Page]) -> None:
    asked: list[str] = []
    page = open_page(f"{address}/?collection=samples&id={image_of(address, 'trilete_spore')}")
    page.on("request", lambda request: asked.append(request.url))
    expect(neighbours(page).first).to_be_visible()
    loaded(page)
    page.get_by_role("link", name="Map").click()
    expect(page.get_by_text("has no map yet")).to_be_visible()
    page.get_by_role("link", name="Collections").click()
    mosaic = page.locator(".facies-mosaic img").first
    expect(mosaic).to_be_visible()
    assert mosaic.evaluate("image => image.naturalWidth") > 0
    assert {url.split("/")[2] for url in asked if url.startswith("http")} == {address.split("/")[2]}
    assert httpx.get(f"{address}/v1/health").json()["status"] == "ok"
    assert httpx.get(f"{address}/v1/openapi.json").json()["info"]["title"] == "facies"


def test_pictures_within_the_tabs_come_from_the_same_address(address: str, open_page: Callable[..., Page]) -> None:
    page = open_page(f"{address}/collections?collection=samples&tab=range-chart")
    chart = page.locator(".st-key-range-chart img")
    expect(chart).not_to_have_js_property("naturalWidth", 0)
    page.get_by_role("tab", name="Duplicates").click()
    page.get_by_role("spinbutton", name="Alike from a cosine of").fill("0.9")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Find near copies").click()
    copy = page.locator("[class*=st-key-copies-] img").first
    copy.scroll_into_view_if_needed(timeout=60_000)
    expect(copy).not_to_have_js_property("naturalWidth", 0)


def test_by_another_name_of_this_machine_it_is_as_good(address: str, open_page: Callable[..., Page]) -> None:
    """No address of the service is written into the page, so nothing has to be let in."""
    by_name = address.replace("127.0.0.1", "localhost")
    page = open_page(f"{by_name}/?collection=samples&id={image_of(address, 'trilete_spore')}")
    expect(neighbours(page).first).to_be_visible()
    loaded(page)
    assert (neighbours(page).first.locator("img").get_attribute("src") or "").startswith(by_name)


def test_an_upload_goes_through_the_same_address(address: str, data: Path, open_page: Callable[..., Page]) -> None:
    page = open_page(address)
    expect(page.get_by_role("listbox", name=re.compile("images"))).to_be_visible()
    page.set_input_files("input[type=file]", data.parent / "samples" / "trilete_spore" / "trilete_spore_002.png")
    expect(neighbours(page).first).to_contain_text("1.00", timeout=START_S * 1000)  # the network is loaded first


def test_a_service_that_dies_under_an_open_page_is_told_and_found_again(data: Path, browser: Browser) -> None:
    """The interface in a process of its own lives on; what was asked for meanwhile is there when the service is."""
    api, ui = f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{free_port()}"
    env = environment(data, api=api, ui=ui, allowed=data)
    page = browser.new_page()  # not `open_page`: the browser complains of pictures that do not come
    with serving(env, "ui") as interface:
        with serving(env, "serve") as service:
            wait_until_healthy(service, f"{api}/v1/health")
            wait_until_healthy(interface, f"{ui}/_stcore/health")
            page.goto(f"{ui}/?collection=samples&id={image_of(api, 'trilete_spore')}")
            expect(neighbours(page).first).to_be_visible(timeout=START_S * 1000)
            wanted = neighbours(page).first.get_attribute("data-id")
        neighbours(page).first.dblclick()
        expect(page.get_by_role("heading", name="The service does not answer")).to_be_visible()
        assert "Traceback" not in page.content()
        with serving(env, "serve") as service:
            wait_until_healthy(service, f"{api}/v1/health")
            expect(neighbours(page).first).to_be_visible(timeout=START_S * 1000)
            expect(page).to_have_url(re.compile(f"id={wanted}"))
            loaded(page)
    page.close()


def test_a_page_goes_on_when_its_session_is_gone(data: Path, browser: Browser) -> None:
    """The process ends and comes back under an open page: what the address says is there, a lost upload is told."""
    port = free_port()
    page = browser.new_page()  # not `open_page`: Streamlit complains in the console while nothing answers
    with up(data, port) as url:
        wanted = image_of(url, "trilete_spore")
        page.goto(f"{url}/?collection=samples&id={wanted}")
        expect(neighbours(page).first).to_be_visible()
        page.get_by_text("Add an example").click()
        picture = data.parent / "samples" / "bar_chart" / "bar_chart_001.png"
        page.set_input_files("input[type=file]", picture)
        expect(page.get_by_role("heading", name="Query of 2 examples")).to_be_visible(timeout=START_S * 1000)
        expect(page).to_have_url(re.compile("uploads=1"))
    expect(page.get_by_text("Connection error")).to_be_visible()
    with up(data, port):
        expect(page.get_by_text("Connection error")).to_have_count(0, timeout=START_S * 1000)
        page.get_by_role("button", name="Start over").click()  # any deed: the new session draws what the address says
        expect(page.get_by_text("1 uploaded image is not here any more")).to_be_visible(timeout=START_S * 1000)
        expect(page.get_by_role("heading", name="Query", exact=True)).to_be_visible()
        expect(neighbours(page).first).to_be_visible()
        loaded(page)
        expect(page).to_have_url(re.compile(f"id={wanted}"))
    page.close()
