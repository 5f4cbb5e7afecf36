from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from facies.api import shaping
from facies.api.embedders import Embedders
from facies.api.search import search_images
from facies.api.service import Service, open_service
from facies.core.errors import QueryError
from facies.core.settings import ApiSettings, Settings
from facies.core.store import Point
from facies.core.wire_search import Example, NeighbourOut, SearchBody, SearchOut

from .conftest import CARD, ColourEmbedder
from .drawn import Drawn, draw_rows, make_drawn

COUNT = 1300
OTHER = "other"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("shaping"), api=ApiSettings(max_k=2000))
    with open_service(settings, Embedders(lambda card, *_: ColourEmbedder(card))) as opened:
        yield opened


@pytest.fixture(scope="module")
def drawn(service: Service) -> Drawn:
    """More images than three windows, every fifth a copy or nearly; a second vector that every fourth image lacks."""
    rows = draw_rows(COUNT, 48, seed=2)
    rng = np.random.default_rng(3)
    copies = np.arange(5, COUNT, 5)
    rows[copies] = rows[rng.integers(0, 5, len(copies))] + 0.02 * rng.standard_normal((len(copies), 48))
    rows[25::25] = rows[0]
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    other = draw_rows(COUNT, 16, seed=4)
    other[::4] = 0
    return make_drawn(service, "drawn", rows, more={OTHER: other})


def ask(service: Service, drawn: Drawn, **more: Any) -> SearchOut:
    body = SearchBody.model_validate({"positive": [Example(id=drawn.ids[1])], **more})
    return search_images(service, drawn.name, body)


def ids(found: SearchOut) -> list[str]:
    return [n.id for n in found.neighbours]


SHAPES = st.fixed_dictionaries(
    {},
    optional={
        "rerank": st.booleans(),
        "diversity": st.sampled_from([0.0, 0.3, 1.0]),
        "fold": st.sampled_from([0.5, 0.9, 0.98, 1.0]),
        "group_by": st.sampled_from(["slide", "depth_m", "label"]),
        "vectors": st.just([CARD, OTHER]),
        "where": st.just({"field": "depth_m", "range": {"lt": 1900}}),
    },
)


@hypothesis_settings(max_examples=25, deadline=None)
@given(shape=SHAPES, k=st.integers(40, 500))
def test_all_pages_together_are_the_whole_list(service: Service, drawn: Drawn, shape: dict[str, Any], k: int) -> None:
    whole = ask(service, drawn, k=2000, **shape).neighbours
    assert len({n.id for n in whole}) == len(whole)
    pages: list[NeighbourOut] = []
    for offset in range(0, len(whole) + k, k):
        pages += ask(service, drawn, k=k, offset=offset, **shape).neighbours
    assert pages == whole


@hypothesis_settings(max_examples=15, deadline=None)
@given(shape=SHAPES, window=st.tuples(st.integers(0, 700), st.integers(1, 60)))
def test_a_page_asked_for_alone_is_that_part_of_the_list(
    service: Service, drawn: Drawn, shape: dict[str, Any], window: tuple[int, int]
) -> None:
    offset, k = window
    whole = ids(ask(service, drawn, k=2000, **shape))
    assert ids(ask(service, drawn, k=k, offset=offset, **shape)) == whole[offset : offset + k]


def test_an_order_alone_loses_no_image(service: Service, drawn: Drawn) -> None:
    plain = set(ids(ask(service, drawn, k=2000)))
    assert len(plain) == COUNT - 1
    for shape in ({"rerank": True}, {"diversity": 0.5}, {"rerank": True, "diversity": 0.5}):
        assert set(ids(ask(service, drawn, k=2000, **shape))) == plain
    fused = ask(service, drawn, k=2000, vectors=[OTHER, CARD])
    assert set(ids(fused)) == plain


def test_beyond_the_window_the_plain_order_goes_on(service: Service, drawn: Drawn) -> None:
    plain = ids(ask(service, drawn, k=2000))
    for shape in ({"rerank": True}, {"diversity": 0.5}):
        found = ids(ask(service, drawn, k=2000, **shape))
        assert set(found[:400]) == set(plain[:400])
        assert found[:400] != plain[:400]
        assert found[400:] == plain[400:]


def test_groups_are_no_larger_than_asked_and_filled_in_order(service: Service, drawn: Drawn) -> None:
    plain = ask(service, drawn, k=2000).neighbours
    found = ask(service, drawn, k=2000, group_by="slide", per_group=3).neighbours
    taken: Counter[object] = Counter()
    wanted = []
    for neighbour in plain:
        slide = neighbour.metadata.get("slide")
        taken[slide] += 1
        if slide is None or taken[slide] <= 3:
            wanted.append((neighbour.id, slide))
    assert [(n.id, n.group) for n in found] == wanted


def test_what_is_folded_is_counted_and_gone(service: Service, drawn: Drawn) -> None:
    plain = ask(service, drawn, k=2000)
    found = ask(service, drawn, k=2000, fold=0.98)
    rows = dict(zip(drawn.ids, drawn.first, strict=True))
    kept = [n.id for n in found.neighbours]
    gallery = np.stack([rows[one] for one in kept])
    cosines = gallery @ gallery.T - 2 * np.eye(len(kept))
    assert cosines.max() < 0.98
    gone = [one for one in ids(plain) if one not in set(kept)]
    assert len(gone) > 200
    assert all((gallery @ rows[one]).max() > 0.98 - 1e-5 for one in gone)
    assert sum(n.folded for n in found.neighbours) <= len(gone)
    listed = [one for n in found.neighbours for one in n.folded_ids]
    assert len(listed) == len(set(listed)) > 50
    assert set(listed) <= set(gone)
    assert all(len(n.folded_ids) == min(n.folded, 20) for n in found.neighbours)


def test_several_vectors_show_the_similarity_of_each(service: Service, drawn: Drawn) -> None:
    found = ask(service, drawn, k=60, vectors=[OTHER, CARD])
    assert (found.vector, found.vectors) == (OTHER, [OTHER, CARD])
    targets = {name: rows[1] for name, rows in drawn.rows.items()}
    for neighbour, place in zip(found.neighbours, drawn.places(ids(found)), strict=True):
        wanted = {
            name: float(drawn.rows[name][place] @ targets[name])
            for name in (OTHER, CARD)
            if drawn.rows[name][place].any()
        }
        assert neighbour.similarities == pytest.approx(wanted, abs=1e-5)
        assert neighbour.similarity == next(iter(neighbour.similarities.values()))
    assert any(OTHER not in n.similarities for n in found.neighbours)


def test_the_work_ends_and_says_so(service: Service, drawn: Drawn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shaping, "MOST_CANDIDATES", 800)
    none_left = ask(service, drawn, k=500, fold=0.1)
    assert "the 800 most similar images were looked at" in none_left.notes[0]
    assert ask(service, drawn, k=5, fold=0.98).notes == []


def test_an_offset_beyond_every_machine_is_an_empty_page(service: Service, drawn: Drawn) -> None:
    for shape in ({"rerank": True}, {"group_by": "slide"}, {"vectors": [CARD, OTHER]}):
        found = ask(service, drawn, offset=10**30, **shape)
        assert found.neighbours == []
        assert "the list ends before" in found.notes[0]


def test_points_that_were_never_acknowledged_take_no_place_on_any_page(service: Service, drawn: Drawn) -> None:
    shapes: list[dict[str, Any]] = [{"fold": 0.98}, {"group_by": "slide"}, {"rerank": True}, {"diversity": 0.3}]
    wanted = [ids(ask(service, drawn, k=2000, **shape)) for shape in shapes]
    orphans = [f"00000000-0000-5000-8000-{number:012d}" for number in range(20)]
    points = [Point(one, {CARD: drawn.first[2 * place]}, {"slide": "s1"}) for place, one in enumerate(orphans)]
    service.workspace.store.upsert(drawn.name, points)
    try:
        for shape, before in zip(shapes, wanted, strict=True):
            pages = [
                one for offset in range(0, 2000, 250) for one in ids(ask(service, drawn, k=250, offset=offset, **shape))
            ]
            assert len(pages) == len(set(pages))
            assert set(pages) == set(before)
    finally:
        service.workspace.store.delete(drawn.name, orphans)


def test_a_field_that_is_not_there_is_named(service: Service, drawn: Drawn) -> None:
    with pytest.raises(QueryError, match=r"no field 'slides' to group by; it has depth_m, label, sha256, slide, state"):
        ask(service, drawn, group_by="slides")
