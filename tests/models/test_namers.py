from __future__ import annotations

import numpy as np
import pytest

from facies.core.errors import DimensionMismatchError, QueryError
from facies.core.metrics import Codes, Embeddings, exact_neighbours
from facies.models.calibration import compute_log_loss, measure_reliability
from facies.models.namers import WAYS, K, Validated, Way, fit_namer
from facies.models.novelty import NEIGHBOURS

CLASSES = ("Alnus", "Betula", "Corylus", "Quercus")


def draw(each: int, seed: int, classes: int = len(CLASSES), spread: float = 0.8) -> tuple[Embeddings, Codes]:
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(0).normal(size=(classes, 16))
    rows = np.repeat(centres, each, axis=0) + spread * rng.normal(size=(classes * each, 16))
    unit: Embeddings = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit, np.repeat(np.arange(classes), each)


@pytest.mark.parametrize("way", WAYS)
def test_each_way_names_others_and_is_honest_about_it(way: Way) -> None:
    vectors, codes = draw(40, 1)
    namer = fit_namer(Validated(vectors, codes, CLASSES), (way,))
    others, theirs = draw(100, 2)
    named = namer.name(others)
    right = named.probabilities.argmax(axis=1) == theirs
    assert right.mean() > 0.85
    assert measure_reliability(named.probabilities.max(axis=1), right).error < 0.06
    np.testing.assert_allclose(named.probabilities.sum(axis=1), 1)
    assert compute_log_loss(namer.held_out.probabilities, codes) == pytest.approx(namer.losses[way])
    assert compute_log_loss(named.probabilities, theirs) == pytest.approx(namer.losses[way], abs=0.12)


def test_the_least_loss_is_taken() -> None:
    vectors, codes = draw(30, 3)
    namer = fit_namer(Validated(vectors, codes, CLASSES))
    assert set(namer.losses) == set(WAYS)
    assert namer.losses[namer.way] == min(namer.losses.values())


def test_neighbours_are_the_nearest_validated_images() -> None:
    vectors, codes = draw(20, 4)
    others, _ = draw(3, 5)
    named = fit_namer(Validated(vectors, codes, CLASSES), ("votes",)).name(others)
    indices, similarities = exact_neighbours(others, vectors, K)
    assert np.array_equal(named.neighbours, indices)
    np.testing.assert_allclose(named.novelty, 1 - similarities[:, :NEIGHBOURS].mean(axis=1), atol=1e-6)


def test_what_nobody_validated_is_stranger() -> None:
    vectors, codes = draw(30, 6, spread=0.4)
    namer = fit_namer(Validated(vectors[codes < 3], codes[codes < 3], CLASSES[:3]))
    others, theirs = draw(30, 7, spread=0.4)
    novelty = namer.name(others).novelty
    assert np.median(novelty[theirs == 3]) > np.quantile(novelty[theirs < 3], 0.95)


def test_no_image_is_named_by_its_own_group() -> None:
    """Labels by chance on copies: with groups nothing is known of a held-out image."""
    rows, _ = draw(80, 8, classes=1, spread=3.0)
    labels = np.random.default_rng(9).integers(0, 2, 80)
    vectors, codes, groups = np.repeat(rows, 2, axis=0), np.repeat(labels, 2), np.repeat(np.arange(80), 2)
    leaking = fit_namer(Validated(vectors, codes, CLASSES[:2]), ("votes",))
    apart = fit_namer(Validated(vectors, codes, CLASSES[:2], groups), ("votes",))
    assert np.mean(leaking.held_out.probabilities.argmax(axis=1) == codes) > 0.95
    assert np.mean(apart.held_out.probabilities.argmax(axis=1) == codes) < 0.65
    assert (groups[apart.held_out.neighbours] != groups[:, None]).all()


def test_few_images_vote_with_what_there_is() -> None:
    vectors, codes = draw(2, 10, classes=2)
    namer = fit_namer(Validated(vectors, codes, CLASSES[:2]))
    assert namer.k == 3
    assert namer.name(vectors).probabilities.shape == (4, 2)


def test_too_little_is_told() -> None:
    vectors, codes = draw(5, 11)
    with pytest.raises(QueryError, match=r"0 validated images are of 0 classes"):
        fit_namer(Validated(vectors[:0], codes[:0], CLASSES))
    with pytest.raises(QueryError, match=r"of 1 class, 'Alnus'; naming takes at least 2"):
        fit_namer(Validated(vectors[:5], codes[:5], CLASSES))
    with pytest.raises(QueryError, match="of one group"):
        fit_namer(Validated(vectors, codes, CLASSES, np.zeros(20, dtype=np.int64)))
    with pytest.raises(DimensionMismatchError):
        fit_namer(Validated(vectors, codes, CLASSES)).name(vectors[:, :8])
