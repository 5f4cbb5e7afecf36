from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from facies.api.reranking import choose_reranker, order_by_affinity
from facies.core.errors import QueryError
from facies.core.records import VectorRecord
from facies.core.store import Hit
from facies.core.wire_search import Example, SearchBody
from facies.models.rerank import RERANKERS, Diffusion, Reranker

from .conftest import ColourEmbedder
from .drawn import draw_rows

VECTOR = VectorRecord("v", 48, ColourEmbedder("v").fingerprint)


def body(**more: object) -> SearchBody:
    return SearchBody.model_validate({"positive": [Example(upload=0)], **more})


def test_what_the_body_says_counts() -> None:
    assert choose_reranker(body(rerank=True), VECTOR) == Diffusion()
    assert choose_reranker(body(rerank=False), VECTOR) is None
    assert choose_reranker(body(), VECTOR) is None


@pytest.mark.parametrize("method", RERANKERS)
def test_naming_a_method_asks_for_it(method: str) -> None:
    for asked in (body(rerank_by=method), body(rerank_by=method, rerank=True)):
        chosen = choose_reranker(asked, VECTOR)
        assert chosen is not None
        assert chosen.method == method


def test_vectors_computed_from_others_are_re_ranked_without_a_word() -> None:
    whitened = replace(VECTOR, name="v-whitened-1", source="v", projection="0" * 64)
    assert choose_reranker(body(), whitened) == Diffusion()
    assert choose_reranker(body(rerank=False), whitened) is None
    assert choose_reranker(body(strategy="best_score"), whitened) is None


def test_a_strategy_without_one_vector_is_not_re_ranked() -> None:
    with pytest.raises(QueryError, match="re-ranking starts from one vector"):
        choose_reranker(body(rerank=True, strategy="best_score"), VECTOR)
    with pytest.raises(QueryError, match="re-ranking starts from one vector"):
        choose_reranker(body(rerank_by="query_expansion", strategy="best_score"), VECTOR)
    assert choose_reranker(body(strategy="best_score"), VECTOR) is None
    assert choose_reranker(body(strategy="best_score", rerank=False), VECTOR) is None


@pytest.mark.parametrize("reranker", RERANKERS.values(), ids=RERANKERS)
def test_the_order_is_that_of_the_affinities_with_copies_in_front(reranker: Reranker) -> None:
    rows = draw_rows(80, 48)
    target = rows[-1]
    order = np.argsort(-(rows @ target))
    candidates = [Hit(str(place), float(rows[place] @ target)) for place in order]
    found = order_by_affinity(candidates, target, rows[order], reranker)
    assert found[0].id == "79"
    affinities = reranker.affinities(target, rows[order[1:]])
    rest = [candidates[1:][place].id for place in np.argsort(-affinities, kind="stable")]
    assert [one.id for one in found[1:]] == rest
    assert {(one.id, one.similarity) for one in found} == {(one.id, one.similarity) for one in candidates}


@pytest.mark.parametrize("reranker", RERANKERS.values(), ids=RERANKERS)
def test_asking_by_the_image_and_by_its_id_gives_the_same(reranker: Reranker) -> None:
    rows = draw_rows(80, 48)
    order = np.argsort(-(rows @ rows[-1]))
    candidates = [Hit(str(place), float(rows[place] @ rows[-1])) for place in order]
    by_image = order_by_affinity(candidates, rows[-1], rows[order], reranker)
    by_id = order_by_affinity(candidates[1:], rows[-1], rows[order[1:]], reranker)
    assert by_image[1:] == by_id


@pytest.mark.parametrize("reranker", RERANKERS.values(), ids=RERANKERS)
def test_no_candidates_are_no_trouble(reranker: Reranker) -> None:
    assert order_by_affinity([], draw_rows(1, 48)[0], np.empty((0, 48), dtype=np.float32), reranker) == []
