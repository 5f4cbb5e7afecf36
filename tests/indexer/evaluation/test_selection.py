from __future__ import annotations

import numpy as np
import pytest

from facies.core.errors import QueryError
from facies.indexer.evaluation.selection import align, take_part

from .conftest import clusters, make_gallery


def test_a_class_of_one_takes_no_part_and_is_named() -> None:
    vectors, _ = clusters(1, 5)
    found = take_part(make_gallery(vectors, ["a", "b", "a", "c", "a"], raw=vectors))
    assert found.labels == ("a", "a", "a")
    assert found.keys == ("image 0", "image 2", "image 4")
    assert np.array_equal(found.vectors, vectors[[0, 2, 4]])
    assert found.raw is not None
    assert len(found.raw) == 3
    assert found.notes[0].endswith("of each: b, c")


def test_none_but_classes_of_one_is_told() -> None:
    vectors, _ = clusters(1, 3)
    with pytest.raises(QueryError, match="the 3 labelled images are of 3 classes with a single image each"):
        take_part(make_gallery(vectors, ["a", "b", "c"]))


def test_with_groups_it_stays_a_candidate() -> None:
    vectors, _ = clusters(1, 3)
    found = take_part(make_gallery(vectors, ["a", "a", "b"], groups=("x", "y", "z")))
    assert (found.labels, found.groups, found.notes) == (("a", "a", "b"), ("x", "y", "z"), ())


def test_many_such_classes_are_counted() -> None:
    vectors, _ = clusters(1, 14)
    found = take_part(make_gallery(vectors, ["a", "a", *(f"c{i:02}" for i in range(12))]))
    assert found.notes[0].endswith("c09 and 2 more")


def test_copies_are_told_of() -> None:
    vectors, _ = clusters(1, 4)
    vectors[2] = vectors[0]
    assert "1 images have the very vector of another" in take_part(make_gallery(vectors, ["a"] * 4)).notes[0]


def test_recipes_are_measured_on_the_images_that_all_have() -> None:
    vectors, _ = clusters(1, 4)
    one = make_gallery(vectors, ["a", "b", "c", "d"], keys=("1", "2", "3", "4"))
    other = make_gallery(vectors[:3], ["d", "x", "b"], keys=("4", "5", "2"))
    first, second = align([one, other])
    assert first.keys == second.keys == ("2", "4")
    assert first.labels == second.labels == ("b", "d")
    assert np.array_equal(second.vectors, vectors[[2, 0]])
    assert (first.notes[0][:8], second.notes[0][:8]) == ("2 images", "1 images")
    with pytest.raises(QueryError, match="in common"):
        align([one, make_gallery(vectors, ["a"] * 4)])
