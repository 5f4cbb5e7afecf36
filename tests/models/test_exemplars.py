from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import pairwise_distances

from facies.core.errors import QueryError
from facies.models.exemplars import choose_exemplars, rank_by_centrality
from facies.models.namers import Validated, fit_namer
from tests.models.test_label_errors import clusters

VECTORS, CODES = clusters(each=25)
HELD_OUT = fit_namer(Validated(VECTORS, CODES, tuple("abcd"))).held_out.probabilities


@pytest.mark.parametrize("code", range(4))
def test_each_kind_is_the_plain_definition(code: int) -> None:
    found = choose_exemplars(VECTORS, CODES, code, HELD_OUT, 5)
    own = np.flatnonzero(code == CODES)
    within = pairwise_distances(VECTORS[own], metric="cosine").sum(axis=1)
    assert found.medoid == own[within.argmin()]
    assert found.typical.tolist() == own[np.argsort(within)[1:6]].tolist()
    rest = np.delete(HELD_OUT[own], code, axis=1)
    lead = HELD_OUT[own, code] - rest.max(axis=1)
    assert found.boundary.tolist() == own[np.argsort(lead, kind="stable")[:5]].tolist()
    assert found.margins == pytest.approx(np.sort(lead)[:5])
    assert code not in found.rivals
    others = np.flatnonzero(code != CODES)
    across = VECTORS[others] @ VECTORS[own].T
    assert set(found.confusable.tolist()) == set(others[np.argsort(-across.max(axis=1))[:5]].tolist())
    for image, mate, cosine in zip(found.confusable, found.nearest, found.similarities, strict=True):
        assert mate == own[(VECTORS[own] @ VECTORS[image]).argmax()]
        assert cosine == pytest.approx(VECTORS[image] @ VECTORS[mate], abs=1e-6)


def test_the_medoid_of_permuted_images_is_the_same_image() -> None:
    order = np.random.default_rng(1).permutation(len(VECTORS))
    permuted = choose_exemplars(VECTORS[order], CODES[order], 2, HELD_OUT[order], 3)
    assert order[permuted.medoid] == choose_exemplars(VECTORS, CODES, 2, HELD_OUT, 3).medoid


def test_one_class_alone_has_no_boundary() -> None:
    found = choose_exemplars(VECTORS[:25], CODES[:25], 0, None, 3)
    assert len(found.typical) == 3
    assert [len(part) for part in (found.boundary, found.rivals, found.confusable, found.similarities)] == [0] * 4


def test_one_image_is_its_own_medoid() -> None:
    codes = np.array([1] + [0] * 24)
    found = choose_exemplars(VECTORS[:25], codes, 1, None, 4)
    assert (found.medoid, found.typical.tolist(), len(found.confusable)) == (0, [], 4)


def test_equal_images_stay_in_order() -> None:
    assert rank_by_centrality(np.repeat(VECTORS[:1], 4, axis=0)).tolist() == [0, 1, 2, 3]


def test_bad_input_is_told() -> None:
    with pytest.raises(QueryError, match="no image is of class 7"):
        choose_exemplars(VECTORS, CODES, 7, None, 3)
    with pytest.raises(QueryError, match="at least 1"):
        choose_exemplars(VECTORS, CODES, 1, None, 0)
