from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from facies.core.errors import QueryError
from facies.core.taxonomy import Taxon, Taxonomy
from facies.core.taxonomy.masks import Hidden, Mask, mask
from facies.models.rollup import RolledUp, hide_classes, roll_up

TAXONOMY = Taxonomy(
    "t",
    "two orders and a stranger",
    (
        Taxon("Peridiniales", "order"),
        Taxon("Wetzeliella", "genus", "Peridiniales"),
        Taxon("Wetzeliella lunaris", "species", "Wetzeliella"),
        Taxon("Deflandrea", "genus", "Peridiniales", synonyms=("Deflandria",)),
        Taxon("Gonyaulacales", "order"),
        Taxon("Areoligera", "genus", "Gonyaulacales"),
    ),
)
CLASSES = ["Wetzeliella lunaris", "Wetzeliella", "deflandria", "Areoligera", "debris"]
rows = arrays.arrays(np.float64, (4, 5), elements=st.floats(0.015625, 1)).map(
    lambda a: a / a.sum(axis=1, keepdims=True)
)


def descendants(name: str) -> list[int]:
    resolved = [TAXONOMY.find(one) for one in CLASSES]
    return [
        place
        for place, (one, found) in enumerate(zip(CLASSES, resolved, strict=True))
        if (TAXONOMY.belongs_to(found.name, name) if found else one == name)
    ]


@pytest.mark.parametrize(
    ("row", "threshold", "expected"),
    [
        ([0.96, 0.04, 0, 0, 0], 0.95, RolledUp("Wetzeliella lunaris", "species", 0.96, True)),
        ([0.6, 0.36, 0.04, 0, 0], 0.95, RolledUp("Wetzeliella", "genus", 0.96, True)),
        ([0.3, 0.25, 0.43, 0.02, 0], 0.95, RolledUp("Peridiniales", "order", 0.98, True)),
        ([0.3, 0.1, 0.2, 0.4, 0], 0.95, RolledUp("Gonyaulacales", "order", 0.4, False)),
        ([0.3, 0.1, 0.1, 0.1, 0.4], 0.95, RolledUp("debris", None, 0.4, False)),
        ([0, 0, 0, 0, 1], 1, RolledUp("debris", None, 1, True)),
        ([0.5, 0.5, 0, 0, 0], 0.9, RolledUp("Wetzeliella", "genus", 1, True)),
    ],
)
def test_the_lowest_taxon_that_is_certain_enough(row: list[float], threshold: float, expected: RolledUp) -> None:
    (found,) = roll_up(np.asarray([row], dtype=np.float64), CLASSES, TAXONOMY, threshold)
    assert found.probability == pytest.approx(expected.probability)
    assert (found.taxon, found.rank, found.is_reached) == (expected.taxon, expected.rank, expected.is_reached)


@given(rows, st.floats(0.01, 1))
def test_the_answer_lies_in_the_winners_lineage_and_says_its_share(
    probabilities: NDArray[np.float64], threshold: float
) -> None:
    for row, found in zip(probabilities, roll_up(probabilities, CLASSES, TAXONOMY, threshold), strict=True):
        members = descendants(found.taxon)
        assert int(np.argmax(row)) in members
        assert found.probability == pytest.approx(row[members].sum())
        assert found.is_reached == (row[members].sum() >= threshold - 1e-12)
        higher = roll_up(row[None], CLASSES, TAXONOMY, min(1.0, threshold * 1.5))[0]
        assert set(descendants(higher.taxon)) >= set(members) or not found.is_reached


@given(rows, st.permutations(range(5)))
def test_the_order_of_classes_changes_nothing(probabilities: NDArray[np.float64], order: list[int]) -> None:
    distinct = probabilities + np.arange(5) * 1e-6  # no two winners
    again = roll_up(distinct[:, order], [CLASSES[place] for place in order], TAXONOMY, 0.8)
    for one, other in zip(roll_up(distinct, CLASSES, TAXONOMY, 0.8), again, strict=True):
        assert (one.taxon, one.is_reached) == (other.taxon, other.is_reached)


@pytest.mark.parametrize("threshold", [0.0, -1.0, 1.1, float("nan")])
def test_a_threshold_that_is_no_probability_is_refused(threshold: float) -> None:
    with pytest.raises(QueryError, match="expected more than 0 and at most 1"):
        roll_up(np.full((1, 5), 0.2), CLASSES, TAXONOMY, threshold)


def test_rows_without_classes_or_probability_are_refused() -> None:
    with pytest.raises(QueryError, match=r"shape \(1, 4\) for 5 classes"):
        roll_up(np.full((1, 4), 0.25), CLASSES, TAXONOMY, 0.9)
    with pytest.raises(QueryError, match="for 0 classes"):
        roll_up(np.zeros((1, 0)), [], TAXONOMY, 0.9)
    with pytest.raises(QueryError, match="image 1 has no class"):
        roll_up(np.asarray([[1.0, 0, 0, 0, 0], [0, 0, 0, 0, 0]]), CLASSES, TAXONOMY, 0.9)


@given(rows)
def test_hidden_classes_have_no_probability_and_the_others_keep_their_proportions(
    probabilities: NDArray[np.float64],
) -> None:
    found = hide_classes(probabilities, CLASSES, mask(CLASSES, TAXONOMY, allowed=["Peridiniales"]))
    assert found[:, 3:].max() == 0
    np.testing.assert_allclose(found.sum(axis=1), 1)
    np.testing.assert_allclose(found[:, 0] * probabilities[:, 2], found[:, 2] * probabilities[:, 0], rtol=1e-12)


def test_an_image_all_of_whose_classes_are_hidden_has_none_left() -> None:
    rows = np.asarray([[0, 0, 0, 0.5, 0.5], [0.5, 0, 0, 0.5, 0]])
    found = hide_classes(rows, CLASSES, Mask(tuple(CLASSES[:3]), (Hidden("Areoligera", ""), Hidden("debris", ""))))
    np.testing.assert_array_equal(found, [[0, 0, 0, 0, 0], [1, 0, 0, 0, 0]])
