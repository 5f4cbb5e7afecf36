from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score, pairwise_distances

from facies.core.errors import QueryError
from facies.core.metrics import Codes, Embeddings
from facies.models import unknowns
from facies.models.unknowns import group_unknowns, name_groups


def strangers(each: int = 20, seed: int = 0, dim: int = 32) -> tuple[Embeddings, Codes]:
    """Three tight groups, and as many images again that belong nowhere."""
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(3), each)
    rows = 3 * rng.normal(size=(3, dim))[codes] + 0.3 * rng.normal(size=(len(codes), dim))
    rows = np.vstack([rows, 3 * rng.normal(size=(each, dim))])
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), np.append(codes, np.full(each, -1))


@pytest.mark.parametrize("dim", [32, 200])
def test_groups_are_found_and_of_what_belongs_nowhere_much_stays_apart(dim: int) -> None:
    vectors, codes = strangers(dim=dim)
    found = group_unknowns(vectors, vectors[:0], codes[:0])
    labels = np.full(len(vectors), -1)
    for number, group in enumerate(found.groups):
        labels[group.members] = number
    assert adjusted_rand_score(codes[:60], labels[:60]) == 1
    assert np.mean(labels[60:] < 0) > 0.4
    assert sorted(np.concatenate([found.apart, *(group.members for group in found.groups)])) == list(range(80))
    assert all(group.nearest is None and group.distance is None for group in found.groups)
    assert [len(group.members) for group in found.groups] == sorted(
        (len(g.members) for g in found.groups), reverse=True
    )


@pytest.mark.parametrize("each", [20, 60])
def test_long_vectors_are_reduced_to_those_of_scikit_learn(each: int) -> None:
    vectors, _ = strangers(each, dim=200)
    expected = PCA(64, svd_solver="full").fit_transform(vectors.astype(np.float64))
    assert pairwise_distances(unknowns._reduce(vectors)) == pytest.approx(pairwise_distances(expected), abs=1e-4)


def test_it_is_the_same_each_time() -> None:
    vectors, codes = strangers(seed=4)
    one, other = (group_unknowns(vectors, vectors[:5], codes[:5]) for _ in range(2))
    assert [group.members.tolist() for group in one.groups] == [group.members.tolist() for group in other.groups]


def test_the_medoid_is_the_middle_and_the_nearest_class_is_told() -> None:
    vectors, _ = strangers()
    rng = np.random.default_rng(9)
    known = np.vstack([vectors[:5] + 0.05 * rng.normal(size=(5, 32)), -vectors[:5]])
    known = (known / np.linalg.norm(known, axis=1, keepdims=True)).astype(np.float32)
    codes = np.array([7] * 5 + [3] * 5)
    for group in group_unknowns(vectors, known, codes).groups:
        within = (vectors[group.members] @ vectors[group.members].T).sum(axis=1)
        assert within.argmax() == 0
        assert group.medoid == group.members[0]
        middle = vectors[group.members].mean(axis=0)
        expected = {code: _cosine(known[codes == code].mean(axis=0), middle) for code in (3, 7)}
        assert group.nearest == max(expected, key=lambda code: expected[code])
        assert group.distance == pytest.approx(1 - max(expected.values()), abs=1e-5)


def _cosine(one: Embeddings, other: Embeddings) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


@pytest.mark.parametrize("count", [0, 1, 4])
def test_too_few_make_no_group(count: int) -> None:
    vectors, codes = strangers()
    found = group_unknowns(vectors[:count], vectors, codes)
    assert (found.groups, found.apart.tolist()) == ((), list(range(count)))


def test_groups_of_one_are_told() -> None:
    vectors, codes = strangers()
    with pytest.raises(QueryError, match="expected at least 2"):
        group_unknowns(vectors, vectors, codes, fewest=1)


def test_names_take_no_label_that_there_is() -> None:
    taken = {"unknown a", "Unknown C"}
    assert name_groups([None] * 3, taken) == ["Unknown B", "Unknown D", "Unknown E"]
    assert len(set(name_groups([None] * 60 + ["Pinus"] * 30, set()))) == 90
