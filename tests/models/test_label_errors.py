from __future__ import annotations

import numpy as np
import pytest

from facies.core.errors import QueryError
from facies.core.metrics import Codes, Embeddings
from facies.models.label_errors import find_label_errors
from facies.models.namers import Validated, fit_namer


def clusters(each: int = 40, classes: int = 4, seed: int = 0) -> tuple[Embeddings, Codes]:
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(classes), each)
    rows = rng.normal(size=(classes, 12))[codes] + 0.5 * rng.normal(size=(len(codes), 12))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), codes


def test_labels_that_were_mixed_up_are_found_and_named_rightly() -> None:
    vectors, truth = clusters()
    wrong = np.array([3, 50, 90, 121, 150])
    codes = truth.copy()
    codes[wrong] = (codes[wrong] + 1) % 4
    namer = fit_namer(Validated(vectors, codes, tuple("abcd")))
    found = find_label_errors(namer.held_out.probabilities, codes)
    assert set(wrong) <= set(found.indices.tolist())
    assert len(found.indices) <= 8
    assert set(found.indices[:5].tolist()) == set(wrong)
    assert (found.suggested[:5] == truth[found.indices[:5]]).all()
    assert (np.diff(found.quality) >= 0).all()


def test_what_is_named_as_it_is_labelled_is_no_error() -> None:
    codes = np.repeat(np.arange(3), 20)
    sure = np.full((60, 3), 0.05)
    sure[np.arange(60), codes] = 0.9
    assert len(find_label_errors(sure, codes).indices) == 0


def test_the_quality_is_the_margin_of_the_label() -> None:
    vectors, codes = clusters(seed=1)
    codes[:4] = 2
    probabilities = fit_namer(Validated(vectors, codes, tuple("abcd"))).held_out.probabilities
    found = find_label_errors(probabilities, codes)
    own = probabilities[found.indices, codes[found.indices]]
    assert len(found.indices) >= 3
    assert found.quality == pytest.approx((own - probabilities[found.indices].max(axis=1) + 1) / 2)


def test_a_class_without_an_image_plays_no_part() -> None:
    vectors, codes = clusters()
    codes[:3] = 1
    probabilities = fit_namer(Validated(vectors, codes, tuple("abcd"))).held_out.probabilities
    widened = np.insert(probabilities, 2, 0.0, axis=1)
    moved = np.where(codes >= 2, codes + 1, codes)
    one, other = find_label_errors(probabilities, codes), find_label_errors(widened, moved)
    assert one.indices.tolist() == other.indices.tolist()
    assert np.where(one.suggested >= 2, one.suggested + 1, one.suggested).tolist() == other.suggested.tolist()


def test_one_class_has_no_errors_to_be_told() -> None:
    with pytest.raises(QueryError, match="none can be mistaken"):
        find_label_errors(np.full((5, 2), 0.5), np.zeros(5, dtype=np.int64))
