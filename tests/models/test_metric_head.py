"""A metric head: what it learns from labels, what it keeps beside, and when it is refused."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from facies.core.errors import ModelError, QueryError
from facies.core.metrics import precision_at_class_size
from facies.models.metric_head import MetricHead, fit_metric_head

CLASSES, EACH, DIM, TELLING = 6, 15, 24, 5
Rows = NDArray[np.float32]


def specimens(seed: int, classes: Sequence[int] = range(CLASSES), *, dim: int = DIM) -> tuple[Rows, list[str]]:
    """Vectors whose first axes hold the class, faintly, and whose others hold what means nothing, loudly."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(100).normal(size=(20, TELLING))
    numbers = [number for number in classes for _ in range(EACH)]
    rows = np.zeros((len(numbers), dim))
    rows[:, :TELLING] = centres[numbers] + 0.3 * rng.normal(size=(len(numbers), TELLING))
    rows[:, TELLING:DIM] = 3 * rng.normal(size=(len(numbers), DIM - TELLING))
    rows[:, DIM:] = 0.01 * rng.normal(size=(len(numbers), dim - DIM))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows.astype(np.float32), [f"class {number}" for number in numbers]


@pytest.mark.parametrize("dim", [DIM, 150])  # fewer and more values than there are images
def test_classes_that_were_drowned_stand_apart_in_new_images(dim: int) -> None:
    projection = fit_metric_head(*specimens(0, dim=dim), MetricHead(shrinkage=0.1))
    vectors, labels = specimens(1, dim=dim)
    before = precision_at_class_size(vectors, labels)
    after = precision_at_class_size(projection.apply(vectors), labels)
    assert before < 0.35
    assert after > before + 0.3


def test_what_remains_tells_classes_apart_that_had_no_label() -> None:
    vectors, labels = specimens(2, range(10, 13))
    found = {}
    for further in (0.0, 1.0):
        head = MetricHead(dim=CLASSES - 1 + DIM, further=further, shrinkage=0.1)
        projection = fit_metric_head(*specimens(0, range(3)), head)
        found[further] = precision_at_class_size(projection.apply(vectors), labels)
    assert found[1.0] > found[0.0]


def test_the_order_of_the_images_changes_nothing() -> None:
    vectors, labels = specimens(0)
    order = np.random.default_rng(3).permutation(len(vectors))
    one = fit_metric_head(vectors, labels).apply(vectors)
    other = fit_metric_head(vectors[order], [labels[place] for place in order]).apply(vectors)
    np.testing.assert_allclose(one @ one.T, other @ other.T, atol=1e-5)


def test_the_same_images_give_the_same_head() -> None:
    one, other = fit_metric_head(*specimens(0)), fit_metric_head(*specimens(0))
    assert one.digest == other.digest
    assert one.digest != fit_metric_head(*specimens(4)).digest


def test_names_of_classes_mean_nothing() -> None:
    vectors, labels = specimens(0)
    renamed = [label[::-1] for label in labels]
    one, other = fit_metric_head(vectors, labels).apply(vectors), fit_metric_head(vectors, renamed).apply(vectors)
    np.testing.assert_allclose(one @ one.T, other @ other.T, atol=1e-5)


def test_images_of_a_class_differ_equally_in_the_directions_that_tell() -> None:
    vectors, labels = specimens(0)
    projection = fit_metric_head(vectors, labels, MetricHead(dim=CLASSES - 1, shrinkage=1e-6))
    made = (vectors - projection.mean) @ projection.matrix
    classes = np.array(labels)
    apart = np.concatenate([made[classes == label] - made[classes == label].mean(axis=0) for label in set(labels)])
    covariance = apart.T @ apart
    np.testing.assert_allclose(covariance / covariance[0, 0], np.eye(CLASSES - 1), atol=1e-3)


def test_lengths_and_method_are_told() -> None:
    projection = fit_metric_head(*specimens(0))
    assert (projection.source_dim, projection.dim) == (DIM, DIM)  # no more than the images span
    assert projection.method == "adapted to 90 labels of 6 classes by LDA to 128 (shrinkage 0.6, further 0.5)"
    assert fit_metric_head(*specimens(0), MetricHead(dim=3)).dim == 3
    assert fit_metric_head(*specimens(0), MetricHead(dim=12)).dim == 12


def test_a_class_with_one_image_takes_no_part() -> None:
    vectors, labels = specimens(0)
    alone = np.concatenate([vectors, specimens(5)[0][:1]])
    assert fit_metric_head(alone, [*labels, "alone"]).digest == fit_metric_head(vectors, labels).digest


def test_too_few_labels_are_refused_with_the_remedy() -> None:
    vectors, labels = specimens(0)
    with pytest.raises(ModelError, match=r"needs 2 classes with 2 labelled images each, and got 1 \(16 labels of 2"):
        fit_metric_head(vectors[: EACH + 1], labels[: EACH + 1])
    with pytest.raises(ModelError, match=r"got 0.*Label more images first"):
        fit_metric_head(vectors[:0], [])
    with pytest.raises(QueryError, match="3 labels for 90 vectors"):
        fit_metric_head(vectors, labels[:3])


def test_images_that_are_all_alike_are_refused() -> None:
    vectors = np.repeat(np.eye(4, dtype=np.float32)[:2], 3, axis=0)
    with pytest.raises(ModelError, match="all alike"):
        fit_metric_head(vectors, ["a"] * 3 + ["b"] * 3)


@pytest.mark.parametrize("wrong", [{"dim": 0}, {"shrinkage": 0.0}, {"shrinkage": 1.0}, {"further": -0.1}])
def test_values_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(QueryError, match="expected dim of at least 1"):
        MetricHead(**wrong)  # type: ignore[arg-type]  # one of them is an int
