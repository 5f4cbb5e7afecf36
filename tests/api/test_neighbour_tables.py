from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from facies.api.neighbour_tables import describe_percentile, print_neighbours, print_side_by_side, split_folder
from facies.api.search import search_images
from facies.api.service import Service
from facies.core.wire_search import Example, NeighbourOut, SearchBody, SearchOut, SideBySideOut


def console(width: int = 100) -> Console:
    return Console(file=io.StringIO(), width=width, color_system=None)


def text(shown: Console) -> str:
    assert isinstance(shown.file, io.StringIO)
    return shown.file.getvalue()


def neighbour(number: int, **more: Any) -> NeighbourOut:
    values = {
        "id": f"00000000-0000-5000-8000-{number:012d}",
        "label": "areoligera",
        "state": "validated",
        "path": f"/data/slides/grain-{number}.jpg",
        "width": 3,
        "height": 2,
        "format": "JPEG",
        "scaling": "uint8",
        "page": None,
        "sha256": f"{number:064d}",
        "metadata": {},
        "original": "/o",
        "thumbnail": "/t",
        "similarity": 0.9,
    }
    return NeighbourOut.model_validate(values | more)


def answer(*neighbours: NeighbourOut, vector: str = "v", **more: Any) -> SearchOut:
    return SearchOut.model_validate(
        {"collection": "g", "vector": vector, "k": 10, "offset": 0, "neighbours": neighbours, **more}
    )


def test_neighbours_are_numbered_from_their_offset(shared: Service) -> None:
    image = shared.workspace.catalog.list_images("g", limit=1)[0]
    found = search_images(shared, "g", SearchBody(positive=[Example(id=image.id)], k=2, offset=3))
    shown = console(200)
    print_neighbours(found, shown)
    lines = text(shown)
    assert "│ 4 │" in lines
    assert "│ 5 │" in lines
    folder, names = split_folder([n.path for n in found.neighbours])
    assert folder in lines
    assert all(name in lines for name in names)


def test_only_columns_with_something_in_them_are_shown() -> None:
    shown = console()
    print_neighbours(answer(neighbour(1)), shown)
    assert not {"percentile", "group", "folded", "re-ranked", "fused"} & set(text(shown).split())
    shown = console()
    full = neighbour(2, percentile=88.0, group="s[03]", folded=4, folded_ids=[])
    print_neighbours(answer(neighbour(1), full, reranked_by="query_expansion", vectors=["v", "w"]), shown)
    lines = text(shown)
    assert all(
        word in lines
        for word in ("top 12 %", "s[03]", "+4", "re-ranked by query expansion:", "fused from v, w", "percentile:")
    )
    assert max(map(len, lines.splitlines()[:8])) <= 100


def test_nothing_found_is_said_with_the_reason() -> None:
    shown = console()
    print_neighbours(answer(notes=["nothing matches [the] filter"]), shown)
    assert text(shown).splitlines() == ["no image matches", "note: nothing matches [the] filter"]


@pytest.mark.parametrize("lists", [2, 3])
def test_lists_stand_beside_each_other(lists: int) -> None:
    found = [
        answer(neighbour(1, similarity=0.5 + number / 10), neighbour(number + 2), vector=f"vector-{number}")
        for number in range(lists - 1)
    ]
    short = answer(
        neighbour(9, group=3, folded=2, percentile=50.0), vector="short", reranked_by="query_expansion", notes=["few"]
    )
    shown = console()
    print_side_by_side(SideBySideOut(collection="g", lists=[*found, short]), shown)
    lines = text(shown).splitlines()
    assert all(one.vector in lines[1] for one in found)
    assert "0.5000" in lines[3]
    assert "0.9000" in lines[3]
    assert max(map(len, lines)) <= 100
    assert "note: short: few" in lines


def test_many_lists_go_one_under_the_other() -> None:
    shown = console()
    print_side_by_side(
        SideBySideOut(collection="g", lists=[answer(neighbour(1), vector=f"v{n}") for n in range(5)]), shown
    )
    assert [n for n in range(5) if f"v{n}" in text(shown)] == [0, 1, 2, 3, 4]
    empty = console()
    print_side_by_side(SideBySideOut(collection="g", lists=[answer(), answer(vector="w")]), empty)
    assert text(empty).splitlines() == ["v: no image matches", "w: no image matches"]


def test_a_percentile_is_a_share_from_the_top() -> None:
    assert describe_percentile(0.0) == "top 100 %"
    assert describe_percentile(90.01) == "top 10.0 %"


def test_a_common_folder_is_told_apart_from_the_names() -> None:
    assert split_folder(["/d/a/x.png", "/d/ab/y.png"]) == ("/d/", ["a/x.png", "ab/y.png"])
    assert split_folder(["/d/a/x.png"]) == ("/d/a/", ["x.png"])
    assert split_folder(["x.png", "/d/y.png"]) == ("", ["x.png", "/d/y.png"])
    assert split_folder(["https://h/a.png", "https://h/b.png"]) == ("https://h/", ["a.png", "b.png"])
    assert split_folder([]) == ("", [])
