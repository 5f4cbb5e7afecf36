"""What the components are handed, and rules for their scripts; what they do is tested in a real browser."""

from __future__ import annotations

import re
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from facies.core.wire_search import NeighbourOut
from facies.ui.components.component import Component
from facies.ui.components.composer import COMPOSER
from facies.ui.components.grid import GRID, Tile, file_name, full_address, to_tile
from facies.ui.components.scatter import SCATTER, to_data
from facies.ui.components.scribble import SCRIBBLE


def folder() -> Path:
    spec = find_spec("facies.ui.components")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


SCRIPTS = sorted(folder().rglob("*.js"))


def link(path: str) -> str:
    return f"http://127.0.0.1:8000{path}"


def test_a_tile_carries_addresses_and_no_bytes(api: Any) -> None:
    tile = to_tile(Tile(api.image_out(1)), link)
    assert (
        tile["src"]
        == "http://127.0.0.1:8000/v1/collections/fossils/images/00000000-0000-5000-8000-000000000001/thumbnail"
    )
    assert tile["similarity"] is None
    assert tile["hint"] == "well: 6407/6-5\ndepth_m: 1200.5"
    assert tile["alt"] == "azolla, grain-1.jpg"


def test_a_neighbour_carries_how_near_it_is_and_what_is_folded_into_it(api: Any) -> None:
    near = NeighbourOut(**api.image_out(1).model_dump(), similarity=0.5, percentile=91.0, folded=1, folded_ids=["b"])
    tile = to_tile(Tile(near), link)
    assert (tile["similarity"], tile["percentile"], tile["folded"]) == (0.5, 91.0, ["b"])
    assert to_tile(Tile(api.image_out(1), folded=("c",)), link)["folded"] == ["c"]


def test_a_suggestion_is_the_first_of_the_candidates(api: Any) -> None:
    tile = to_tile(Tile(api.image_out(1), "azolla", 0.7, others=(("areoligera", 0.2),), note="doubt 0.3"), link)
    assert (tile["suggestion"], tile["confidence"], tile["note"]) == ("azolla", 0.7, "doubt 0.3")
    assert tile["candidates"] == [("azolla", 0.7), ("areoligera", 0.2)]


def test_formats_that_no_browser_shows_are_asked_for_as_png(api: Any) -> None:
    assert full_address(api.image_out(1), link).endswith("/original")
    assert full_address(api.image_out(1, format="TIFF"), link).endswith("/original?render=png")
    assert full_address(api.image_out(1, page=2), link).endswith("/original?render=png")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/a/b.png", "b.png"),
        ("zip://s/a.tif::/data/x.zip", "a.tif"),
        ("https://h/x/y.jpg", "y.jpg"),
        ("b.png", "b.png"),
    ],
)
def test_file_names(path: str, name: str) -> None:
    assert file_name(path) == name


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.name)
def test_scripts_never_make_markup_from_data(script: Path) -> None:
    text = script.read_text()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.name)
def test_scripts_reach_nothing_outside(script: Path) -> None:
    hosts = set(re.findall(r"https?://([^/\"'`\s]+)", script.read_text()))
    assert hosts <= {"www.w3.org"}  # the name of the SVG namespace, which is not fetched
    assert not re.search(r"\bimport\b|XMLHttpRequest", script.read_text())
    addresses = re.findall(r"(?<![.\w])fetch\((.{12})", script.read_text())
    assert set(addresses) <= {"webAddress(p"}  # of the service, as Python gave it


@pytest.mark.parametrize("component", [GRID, COMPOSER, SCATTER, SCRIBBLE], ids=lambda one: one.name)
def test_a_component_has_one_entry_which_comes_last(component: Component) -> None:
    whole = component.read_script()
    assert whole.count("export default") == 1
    assert (
        "export default"
        in whole.rpartition((folder() / component.name / f"{component.scripts[-1]}.js").read_text()[:40])[2]
    )
    assert {path.stem for path in (folder() / component.name).glob("*.js")} == set(component.scripts)


@pytest.mark.parametrize("component", [GRID, COMPOSER, SCATTER, SCRIBBLE], ids=lambda one: one.name)
def test_scripts_that_are_joined_declare_each_name_once(component: Component) -> None:
    names = re.findall(r"^(?:async )?(?:const|let|class|function\*?) (\w+)", component.read_script(), re.MULTILINE)
    assert [name for name, times in Counter(names).items() if times > 1] == []


def test_a_map_is_told_by_addresses_and_by_what_its_codes_mean(api: Any) -> None:
    legend = api.legend_out()
    data = to_data(api.map_out(), legend, link, title="Label", cleared=0)
    place = "http://127.0.0.1:8000/v1/collections/fossils/maps/3"
    assert data["positions"] == f"{place}/positions?parts=1&made=1772582400000000"
    assert data["points"] == f"{place}/points"
    assert data["column"].startswith(f"{place}/column?")
    assert [(one["value"], one["place"]) for one in data["legend"]["entries"]] == [
        ("azolla", 0),
        (None, -1),
        ("areoligera", 1),
    ]
    other = to_data(api.map_out(), legend, link, title="Label", cleared=1)
    assert other["version"] != data["version"]


def test_colours_come_from_the_theme() -> None:
    for style in folder().rglob("*.css"):
        if style.name == "shared.css":
            continue  # names the theme's colours once, each with the value for a page without a theme
        assert not re.findall(r"#[0-9a-f]{6}\b", style.read_text()), style
