"""Re-ranking by the neighbour graph of the candidates."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from facies.core.errors import DimensionMismatchError, QueryError
from facies.models.rerank import (
    RERANKERS,
    Diffusion,
    QueryExpansion,
    ReciprocalNeighbours,
    Reranker,
    compare_neighbourhoods,
    diffuse,
    expand_query,
)

Rows = NDArray[np.float32]


def unit(rows: NDArray[np.float64]) -> Rows:
    unit_rows: Rows = (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)
    return unit_rows


def arc(start: float, end: float, count: int, height: float) -> Rows:
    """Points along a curve on the sphere: the ends are far apart, each neighbour is near."""
    angle = np.radians(np.linspace(start, end, count))
    return unit(np.stack([np.cos(angle), np.sin(angle), np.full(count, height)], axis=1))


CURVE = arc(0, 100, 40, 0.0)
"""Of one kind, and the query at its beginning."""
OTHERS = arc(30, 70, 20, 0.9)
"""Of another kind, each nearer to the query than the curve's far end is."""


def test_affinity_follows_the_curve_where_similarity_does_not() -> None:
    query, candidates = CURVE[0], np.concatenate([CURVE[1:], OTHERS])
    plain = np.argsort(-(candidates @ query), kind="stable")[:39]
    spread = np.argsort(-diffuse(query, candidates, Diffusion(neighbours=3, steps=200, alpha=0.99)))[:39]
    assert (plain >= 39).sum() > 5
    assert (spread >= 39).sum() == 0


def test_the_order_of_the_candidates_changes_nothing() -> None:
    rows = unit(np.random.default_rng(1).normal(size=(60, 8)))
    order = np.random.default_rng(2).permutation(59)
    affinities = diffuse(rows[0], rows[1:])
    assert affinities.dtype == np.float32
    np.testing.assert_allclose(diffuse(rows[0], rows[1:][order]), affinities[order], rtol=1e-4, atol=1e-9)


def test_it_is_the_power_series_of_the_normalised_graph() -> None:
    """The same by dense algebra in float64, written out from the definition."""
    rows = unit(np.random.default_rng(3).normal(size=(60, 5)))
    settings = Diffusion(neighbours=4, power=3, alpha=0.9, steps=7)
    apart = rows - rows.mean(axis=0, dtype=np.float64)
    apart /= np.linalg.norm(apart, axis=1, keepdims=True)
    cosines = apart @ apart.T
    np.fill_diagonal(cosines, -2)
    edges = np.zeros_like(cosines)
    for i, row in enumerate(cosines):
        nearest = np.argsort(-row)[:4]
        edges[i, nearest] = np.maximum(row[nearest], 0) ** 3
    edges = np.maximum(edges, edges.T)
    scale = np.sqrt(edges.sum(1))
    spread = edges / scale[:, None] / scale[None]
    expected = np.zeros(60)
    expected[0] = 1
    for _ in range(7):
        expected = 0.9 * spread @ expected + 0.1 * np.eye(60)[0]
    np.testing.assert_allclose(diffuse(rows[0], rows[1:], settings), expected[1:], rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_candidates_are_no_trouble(count: int) -> None:
    rows = unit(np.random.default_rng(4).normal(size=(count + 1, 4)))
    for affinities in (diffuse(rows[0], rows[1:]), compare_neighbourhoods(rows[0], rows[1:])):
        assert affinities.shape == (count,)
        assert np.isfinite(affinities).all()


def test_a_small_set_of_like_images_keeps_its_classes() -> None:
    """Thirty images of ten classes, all much alike: a dozen neighbours would join every class with every other."""
    rng = np.random.default_rng(6)
    centres = 6 + rng.normal(size=(10, 16))
    rows = unit(np.repeat(centres, 3, axis=0) + 0.3 * rng.normal(size=(30, 16)))
    classes = np.repeat(np.arange(10), 3)
    right = 0
    for query in range(30):
        others = np.delete(np.arange(30), query)
        right += int(classes[others[np.argmax(diffuse(rows[query], rows[others]))]] == classes[query])
    assert right >= 27


def test_candidates_that_no_path_leads_to_have_no_affinity() -> None:
    candidates = np.eye(3, dtype=np.float32)[1:]
    assert diffuse(np.eye(3, dtype=np.float32)[0], candidates).tolist() == [0.0, 0.0]


def test_an_expanded_query_moves_towards_its_neighbours() -> None:
    query = CURVE[0]
    moved = expand_query(query, CURVE[1:8])
    assert np.linalg.norm(moved) == pytest.approx(1, abs=1e-6)
    assert moved @ CURVE[20] > query @ CURVE[20]
    np.testing.assert_allclose(expand_query(query, -query[None]), query, atol=1e-6)
    np.testing.assert_allclose(expand_query(query, CURVE[:0]), query, atol=1e-6)


def test_mutual_neighbours_stand_before_near_strangers() -> None:
    query, candidates = CURVE[0], np.concatenate([CURVE[1:], OTHERS])
    first = np.argsort(-compare_neighbourhoods(query, candidates, neighbours=8))[:4]
    assert set(first.tolist()) == {0, 1, 2, 3}


@pytest.mark.parametrize("reranker", RERANKERS.values(), ids=RERANKERS)
def test_every_method_takes_what_a_search_finds(reranker: Reranker) -> None:
    rows = unit(np.random.default_rng(7).normal(size=(60, 8)))
    order = np.random.default_rng(8).permutation(59)
    affinities = reranker.affinities(rows[0], rows[1:])
    assert affinities.shape == (59,)
    assert affinities.dtype == np.float32
    np.testing.assert_allclose(reranker.affinities(rows[0], rows[1:][order]), affinities[order], rtol=1e-4, atol=1e-7)
    assert reranker.affinities(rows[0], rows[:0]).shape == (0,)


def test_an_expanded_query_is_compared_with_all_candidates() -> None:
    """The same in float64, written out from the definition."""
    query, candidates = CURVE[0], np.concatenate([OTHERS, CURVE[1:]])
    cosines = candidates.astype(np.float64) @ query
    moved = query.astype(np.float64)
    for place in np.argsort(-cosines)[:4]:
        moved = moved + max(cosines[place], 0) ** 2 * candidates[place]
    expected = candidates @ (moved / np.linalg.norm(moved))
    found = QueryExpansion(neighbours=4, power=2).affinities(query, candidates)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_bad_arguments_are_told() -> None:
    for made in (QueryExpansion, ReciprocalNeighbours):
        for none in ("candidates", "neighbours"):
            with pytest.raises(QueryError, match="of at least 1"):
                made(**{none: 0})
    with pytest.raises(QueryError, match="a power above 0"):
        QueryExpansion(power=0.0)
    for wrong in ({"candidates": 0}, {"neighbours": 0}, {"steps": 0}, {"power": 0.0}, {"alpha": 1.0}, {"alpha": 0.0}):
        with pytest.raises(QueryError, match="expected candidates"):
            Diffusion(**wrong)
    with pytest.raises(QueryError, match="neighbours"):
        compare_neighbourhoods(CURVE[0], CURVE, neighbours=0)
    for method in (diffuse, expand_query, compare_neighbourhoods):
        with pytest.raises(DimensionMismatchError):
            method(CURVE[0], CURVE[:, :2])
