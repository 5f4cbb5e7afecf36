from __future__ import annotations

import numpy as np
import pytest

from facies.api import map_columns
from facies.api.map_columns import NOT_THERE, Colouring, category_column, number_column


def rows(*places: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(places, dtype=np.int64)


def test_the_most_frequent_category_comes_first_and_none_last_of_equals() -> None:
    column = category_column(["b", "a", None, "a", "c", None], rows(0, 1, 2, 3, 4, 5))
    assert [(one.value, one.count) for one in column.entries] == [("a", 2), (None, 2), ("b", 1), ("c", 1)]
    assert [one.code for one in column.entries] == [0, 1, 2, 3]
    assert column.values.tolist() == [2, 0, 1, 0, 3, 1]
    assert (column.type, column.gone, column.low) == ("u1", 0, None)


def test_points_whose_image_is_gone_are_of_no_category_and_images_off_the_map_are_not_counted() -> None:
    column = category_column(["a", "b", "b"], rows(NOT_THERE, 0, NOT_THERE))
    assert [(one.value, one.count) for one in column.entries] == [("a", 1)]
    assert column.values.tolist() == [255, 0, 255]
    assert column.gone == 2


def test_hundreds_of_taxa_take_two_bytes() -> None:
    names = [f"taxon {n}" for n in range(254)]
    assert category_column(names, np.arange(254)).type == "u1"
    names += ["one more"]
    column = category_column(names, np.append(np.arange(255), NOT_THERE))
    assert (column.type, column.gone_code, column.gone) == ("u2", 65535, 1)
    assert np.frombuffer(column.pack(), dtype="<u2").tolist() == column.values.tolist()


def test_too_many_categories_are_one_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(map_columns, "MOST_CATEGORIES", 2)
    column = category_column(["a", "a", "b", "b", "c", "d", None], np.arange(7))
    assert [(one.value, one.count, one.rest) for one in column.entries] == [
        ("a", 2, False),
        ("b", 2, False),
        (None, 3, True),
    ]
    assert column.values.tolist() == [0, 0, 1, 1, 2, 2, 2]


def test_numbers_are_taken_as_they_are() -> None:
    column = number_column([1.5, None, -2, "deep"], rows(0, 1, 2, 3, NOT_THERE))
    assert column.type == "f4"
    assert column.values.tolist() == pytest.approx([1.5, np.nan, -2, np.nan, -np.inf], nan_ok=True)
    assert (column.low, column.high, column.gone, column.entries) == (-2, 1.5, 1, ())
    nothing = number_column([None], rows(0))
    assert (nothing.low, nothing.high) == (None, None)


def test_of_nothing_there_is_nothing() -> None:
    assert category_column([], rows()).entries == ()
    assert category_column([], rows(NOT_THERE)).values.tolist() == [255]
    assert number_column([], rows(NOT_THERE)).gone == 1
    assert Colouring() == Colouring("label", None, None)
