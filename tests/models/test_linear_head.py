from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from facies.core.errors import QueryError
from facies.core.metrics import Codes, Embeddings
from facies.models.linear_head import fit_linear_head, name_held_out


def clouds(classes: int, each: int, dim: int = 12, *, seed: int = 2) -> tuple[Embeddings, Codes]:
    rng = np.random.default_rng(seed)
    rows = np.repeat(rng.normal(size=(classes, dim)), each, axis=0) + 0.9 * rng.normal(size=(classes * each, dim))
    unit: NDArray[np.float32] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit, np.repeat(np.arange(classes), each)


@pytest.mark.parametrize(("classes", "dim"), [(2, 12), (5, 12), (5, 300)])
def test_it_is_the_regression_of_scikit_learn(classes: int, dim: int) -> None:
    """Also for more values than images, which are fitted within what the images span."""
    vectors, codes = clouds(classes, 20, dim)
    reference = LogisticRegression(C=0.1, class_weight="balanced", max_iter=10_000, tol=1e-8)
    reference.fit(vectors.astype(np.float64) * np.sqrt(dim), codes)
    others, _ = clouds(classes, 4, dim, seed=5)
    expected = reference.predict_proba(others.astype(np.float64) * np.sqrt(dim))
    np.testing.assert_allclose(fit_linear_head(vectors, codes, classes).probabilities(others), expected, atol=2e-3)


def test_classes_without_an_image_get_nothing() -> None:
    vectors, codes = clouds(3, 10)
    shares = fit_linear_head(vectors, codes * 2, 6).probabilities(vectors)
    assert shares.shape == (30, 6)
    assert shares[:, 1::2].max() == 0
    np.testing.assert_allclose(shares.sum(axis=1), 1)


def test_no_image_names_itself() -> None:
    """Labels by chance: known images are named better than chance, held-out ones are not."""
    vectors, _ = clouds(1, 120, 100)
    codes = np.random.default_rng(4).integers(0, 2, 120)
    known = fit_linear_head(vectors, codes, 2, penalty=10.0).probabilities(vectors)
    held_out = name_held_out(vectors, codes, 2, penalty=10.0)
    assert np.mean(known.argmax(axis=1) == codes) > 0.9
    assert np.mean(held_out.argmax(axis=1) == codes) < 0.65


def test_no_image_is_named_by_its_own_group() -> None:
    """Copies: whoever finds the copy knows the label, which has to do with nothing else."""
    rng = np.random.default_rng(6)
    half, _ = clouds(1, 60, 50)
    labels = rng.integers(0, 2, 60)
    vectors, codes, groups = np.repeat(half, 2, axis=0), np.repeat(labels, 2), np.repeat(np.arange(60), 2)
    leaking = name_held_out(vectors, codes, 2, penalty=100.0)
    apart = name_held_out(vectors, codes, 2, groups, penalty=100.0)
    assert np.mean(leaking.argmax(axis=1) == codes) > np.mean(apart.argmax(axis=1) == codes) + 0.15


def test_a_class_of_one_image_is_held_out_all_the_same() -> None:
    vectors, codes = clouds(3, 8)
    kept = np.r_[0:17]
    named = name_held_out(vectors[kept], codes[kept], 3)
    assert named.shape == (17, 3)
    assert named[16, 2] == 0
    np.testing.assert_allclose(named.sum(axis=1), 1)


def test_too_little_is_told() -> None:
    vectors, codes = clouds(2, 3)
    with pytest.raises(QueryError, match="of one class"):
        fit_linear_head(vectors[:3], codes[:3], 2)
    with pytest.raises(QueryError, match="no class has two"):
        name_held_out(vectors[[0, 3]], codes[[0, 3]], 2)
    with pytest.raises(QueryError, match="of one group"):
        name_held_out(vectors, codes, 2, np.zeros(6, dtype=np.int64))
