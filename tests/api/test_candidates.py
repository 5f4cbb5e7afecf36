from __future__ import annotations

from itertools import pairwise

import pytest

from facies.api.candidates import WINDOW, Candidates, keep_acknowledged
from facies.api.service import Service
from facies.core.store import Hit, Point, VectorQuery

from .conftest import CARD
from .drawn import Drawn, draw_rows, make_drawn

COUNT = 1000


@pytest.fixture
def drawn(service: Service) -> Drawn:
    return make_drawn(service, "drawn", draw_rows(COUNT, 48))


def steps_of(service: Service, drawn: Drawn, most: int | None = None) -> tuple[list[list[str]], bool]:
    query = VectorQuery(CARD, [drawn.first[0]], exclude=frozenset(drawn.ids[:1]))
    candidates = Candidates(service.workspace, drawn.name, query, most)
    return [[hit.id for hit in step] for step in candidates], candidates.cut


def test_steps_go_on_where_the_one_before_ended(service: Service, drawn: Drawn) -> None:
    steps, cut = steps_of(service, drawn)
    assert [len(step) for step in steps] == [WINDOW, WINDOW, COUNT - 1 - 2 * WINDOW]
    assert not cut
    query = VectorQuery(CARD, [drawn.first[0]], exclude=frozenset(drawn.ids[:1]), k=COUNT)
    hits = service.workspace.store.search(drawn.name, query)
    assert [one for step in steps for one in step] == [hit.id for hit in hits]
    assert all(one.similarity >= other.similarity for one, other in pairwise(hits))


def test_they_end_where_they_are_told_to(service: Service, drawn: Drawn) -> None:
    steps, cut = steps_of(service, drawn, most=2 * WINDOW)
    assert [len(step) for step in steps] == [WINDOW, WINDOW]
    assert cut
    assert not steps_of(service, drawn, most=4 * WINDOW)[1]


@pytest.mark.parametrize("at_once", [1, 7, 400, 10_000])
def test_points_that_were_never_acknowledged_are_left_out(service: Service, drawn: Drawn, at_once: int) -> None:
    wanted = [one for step in steps_of(service, drawn)[0] for one in step]
    orphans = [f"00000000-0000-5000-8000-{number:012d}" for number in range(450)]
    service.workspace.store.upsert(drawn.name, [Point(one, {CARD: drawn.first[0]}) for one in orphans])
    steps, _ = steps_of(service, drawn)
    assert set(orphans) < {one for step in steps for one in step}
    hits = iter([[Hit(one, 0.5) for one in step] for step in steps])
    kept = keep_acknowledged(hits, service.workspace, drawn.name, at_once)
    assert [hit.id for step in kept for hit in step] == wanted


def test_nothing_found_is_one_empty_step(service: Service) -> None:
    drawn = make_drawn(service, "one", draw_rows(1, 48))
    assert steps_of(service, drawn) == ([[]], False)
