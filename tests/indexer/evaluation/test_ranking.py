from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from facies.core.errors import DimensionMismatchError
from facies.core.metrics import Embeddings, Indices
from facies.indexer.evaluation import ranking
from facies.indexer.evaluation.ranking import Order, compute_nearness, find_first, rank_gallery, rank_split
from facies.indexer.evaluation.splits import Split, compute_splits
from facies.models.rerank import Diffusion, diffuse

from .conftest import clusters

RERANK = Diffusion(candidates=20, neighbours=5)


def whole(features: Embeddings, order: Order | None = None) -> Indices:
    return np.concatenate([block.ranked for block in rank_gallery(features, order or Order())])


def split_of(labels: list[str]) -> Split:
    return compute_splits(np.unique(labels, return_inverse=True)[1])[3]


def test_each_row_is_every_other_image_nearest_first() -> None:
    vectors, _ = clusters()
    ranked = whole(vectors)
    for query, row in enumerate(ranked):
        cosines = vectors.astype(np.float64) @ vectors[query]
        assert sorted([*row, query]) == list(range(len(vectors)))
        assert (np.diff(cosines[row]) <= 1e-6).all()


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, labels = clusters()
    split = split_of(labels)
    for order in (Order(), Order("cosine", RERANK), Order("euclidean")):
        monkeypatch.setattr(ranking, "_BLOCK_VALUES", 2**22)
        before = whole(vectors, order), rank_split(vectors, split, order, 9)
        monkeypatch.setattr(ranking, "_BLOCK_VALUES", 200)
        assert [block.start for block in rank_gallery(vectors, order)][:3] == [0, 3, 6]
        after = whole(vectors, order), rank_split(vectors, split, order, 9)
        assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))


@pytest.mark.parametrize("order", [Order(), Order("euclidean"), Order("cosine", RERANK)])
def test_a_permuted_gallery_permutes_the_answer(order: Order) -> None:
    vectors, _ = clusters()
    turn = np.random.default_rng(2).permutation(len(vectors))
    assert np.array_equal(turn[whole(vectors[turn], order)], whole(vectors, order)[turn])


def test_ties_go_to_the_lower_index() -> None:
    vectors = np.tile(np.eye(2, dtype=np.float32), (3, 1))
    assert whole(vectors)[4].tolist() == [0, 2, 1, 3, 5]
    assert find_first(np.array([1.0, 2.0, 1.0, 2.0, 0.0]), 3).tolist() == [1, 3, 0]


def test_euclidean_neighbours_are_those_of_scikit_learn() -> None:
    raw = (np.random.default_rng(3).normal(size=(60, 8)) * 9).astype(np.float32)
    expected = NearestNeighbors(n_neighbors=60).fit(raw).kneighbors(raw, return_distance=False)[:, 1:]
    assert np.array_equal(whole(raw, Order("euclidean")), expected)


def test_images_of_the_same_group_come_last_and_are_no_candidates() -> None:
    vectors, _ = clusters()
    groups = np.random.default_rng(4).integers(0, 5, len(vectors))
    for order in (Order(), Order("cosine", RERANK)):
        (block,) = rank_gallery(vectors, order, groups)
        for query, (row, count) in enumerate(zip(block.ranked, block.candidates, strict=True)):
            assert sorted([*row, query]) == list(range(len(vectors)))
            assert groups[query] not in groups[row[:count]]
            assert (groups[row[count:]] == groups[query]).all()


def test_reranking_orders_the_first_and_leaves_the_rest() -> None:
    vectors, _ = clusters()
    plain, anew = whole(vectors), whole(vectors, Order("cosine", RERANK))
    assert not np.array_equal(plain, anew)
    assert np.array_equal(plain[:, 20:], anew[:, 20:])
    for query in (0, 7):
        first = plain[query, :20]
        affinities = diffuse(vectors[query], vectors[first], RERANK)
        assert anew[query, :20].tolist() == first[np.argsort(-affinities, kind="stable")].tolist()


def test_a_split_asks_its_gallery_alone() -> None:
    """Also re-ranked: what the other test images are changes nothing."""
    vectors, labels = clusters(each=20)
    split = split_of(labels)
    for order in (Order(), Order("euclidean"), Order("cosine", RERANK)):
        found = rank_split(vectors, split, order, 9)
        assert set(found.ravel()) <= set(split.train)
        changed = vectors.copy()
        changed[split.test[1:]] = vectors[split.test[:1]]
        assert np.array_equal(rank_split(changed, split, order, 9)[0], found[0])


def test_a_split_finds_what_scikit_learn_finds() -> None:
    vectors, labels = clusters()
    split = split_of(labels)
    there = NearestNeighbors(n_neighbors=7, metric="cosine").fit(vectors[split.train])
    expected = split.train[there.kneighbors(vectors[split.test], return_distance=False)]
    assert np.array_equal(rank_split(vectors, split, Order(), 7), expected)


def test_a_small_gallery_gives_what_it_has() -> None:
    vectors, _ = clusters(2, 4)
    split = Split(0, np.arange(3), np.arange(3, 8))
    assert rank_split(vectors, split, Order("cosine", RERANK), 9).shape == (5, 3)


def test_other_lengths_are_refused() -> None:
    with pytest.raises(DimensionMismatchError):
        compute_nearness(np.ones((1, 3), np.float32), np.ones((1, 4), np.float32), "cosine")
