"""Whitening by views: what it overlooks, what it keeps, and when it is refused."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from facies.core.errors import DimensionMismatchError, ModelError, QueryError
from facies.core.metrics import precision_at_class_size
from facies.models.whitening import MIN_IMAGES, Whitening, fit_whitening

CLASSES, EACH, DIM, VIEWS = 12, 20, 24, 4
Rows = NDArray[np.float32]


def specimens(seed: int = 0) -> tuple[Rows, Rows, list[int]]:
    """Vectors whose first axes hold the class, faintly, and whose last axes hold how a specimen lies, loudly."""
    rng = np.random.default_rng(seed)
    labels = [n for n in range(CLASSES) for _ in range(EACH)]
    signal = np.zeros((len(labels), 1, DIM))
    signal[:, 0, :6] = rng.normal(size=(CLASSES, 6))[labels] + 0.3 * rng.normal(size=(len(labels), 6))
    lying = np.zeros((len(labels), VIEWS, DIM))
    lying[..., 6:] = 4 * rng.normal(size=(len(labels), VIEWS, DIM - 6))
    views = signal + lying + 0.05 * rng.normal(size=(len(labels), VIEWS, DIM))
    lengths = np.linalg.norm(views.mean(axis=1), axis=1)
    views /= lengths[:, None, None]
    return views.mean(axis=1).astype(np.float32), views.astype(np.float32), labels


def test_what_differs_among_views_of_one_image_is_overlooked() -> None:
    vectors, views, labels = specimens()
    projection = fit_whitening(vectors, views, Whitening(dim=6, shrinkage=0.01))
    before = precision_at_class_size(vectors, labels)
    after = precision_at_class_size(projection.apply(vectors), labels)
    assert before < 0.4
    assert after > before + 0.4


def test_new_images_profit_from_a_frozen_fit() -> None:
    vectors, views, _ = specimens()
    projection = fit_whitening(vectors, views, Whitening(dim=6, shrinkage=0.01))
    rng = np.random.default_rng(9)
    twin = np.zeros(DIM, np.float32)
    twin[:6] = rng.normal(size=6)
    turned = [twin + 0.5 * np.concatenate([np.zeros(6), rng.normal(size=DIM - 6)]) for _ in range(2)]
    pair = np.stack(turned).astype(np.float32) / np.linalg.norm(np.stack(turned), axis=1, keepdims=True)
    projected = projection.apply(pair.astype(np.float32))
    assert float(projected[0] @ projected[1]) > float(pair[0] @ pair[1])


def test_full_restraint_makes_all_directions_equal() -> None:
    vectors, views, _ = specimens()
    projection = fit_whitening(vectors, views, Whitening(dim=5, restraint=0.5))
    made = (vectors - projection.mean) @ projection.matrix
    covariance = np.cov(made.T)
    np.testing.assert_allclose(covariance / covariance[0, 0], np.eye(5), atol=0.02)


def test_the_same_data_give_the_same_projection() -> None:
    vectors, views, _ = specimens()
    assert fit_whitening(vectors, views).digest == fit_whitening(vectors.copy(), views.copy()).digest


def test_a_small_collection_keeps_one_value_for_four_images() -> None:
    vectors, views, _ = specimens()
    assert fit_whitening(vectors[::4], views[::4], Whitening(dim=64)).dim == len(vectors) // 4 // 4
    assert fit_whitening(vectors, views, Whitening(dim=64)).dim == DIM


def test_too_few_images_or_views_are_refused_with_the_remedy() -> None:
    vectors, views, _ = specimens()
    with pytest.raises(ModelError, match=f"{MIN_IMAGES} or more"):
        fit_whitening(vectors[: MIN_IMAGES - 1], views)
    with pytest.raises(ModelError, match="recipe default"):
        fit_whitening(vectors, views[:, :1])
    with pytest.raises(ModelError, match="all alike"):
        fit_whitening(vectors, np.repeat(views[:, :1], 3, axis=1))
    with pytest.raises(DimensionMismatchError):
        fit_whitening(vectors[:, 1:], views)


@pytest.mark.parametrize("wrong", [{"dim": 0}, {"shrinkage": 0.0}, {"restraint": 1.5}, {"restraint": float("nan")}])
def test_values_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(QueryError, match="expected dim"):
        Whitening(**wrong)  # type: ignore[arg-type]  # of the wrong type on purpose, among others


def test_the_method_names_every_value() -> None:
    assert Whitening().method == "whitened by views to 64 (shrinkage 0.5, restraint 0.2)"
