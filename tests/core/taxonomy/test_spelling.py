from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from facies.core.taxonomy.spelling import edit_distance, find_near, most_edits
from facies.core.taxonomy.taxon import fold

words = st.text("abcdeé", min_size=0, max_size=8)


def plain_distance(one: str, other: str) -> int:
    """Optimal string alignment by its definition."""
    rows, columns = len(one) + 1, len(other) + 1
    table = [[max(i, j) if 0 in {i, j} else 0 for j in range(columns)] for i in range(rows)]
    for i in range(1, rows):
        for j in range(1, columns):
            table[i][j] = min(
                table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (one[i - 1] != other[j - 1])
            )
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                table[i][j] = min(table[i][j], table[i - 2][j - 2] + 1)
    return table[-1][-1]


@given(words, words)
def test_distance_is_that_of_the_definition(one: str, other: str) -> None:
    assert edit_distance(one, other) == plain_distance(fold(one), fold(other))


@given(words, st.lists(words, unique=True, max_size=8))
def test_near_texts_are_those_within_the_limit(text: str, names: list[str]) -> None:
    folded = list(dict.fromkeys(fold(name) for name in names))
    limit = most_edits(fold(text))
    distances = {name: plain_distance(fold(text), name) for name in folded}
    expected = {name: distance for name, distance in distances.items() if limit and distance <= limit}
    found = find_near(text, folded)
    assert dict(found) == expected
    assert found == sorted(found, key=lambda pair: (pair[1], pair[0]))


@given(st.text("abc", min_size=3, max_size=30), st.data())
def test_one_slip_is_always_forgiven(name: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(name) - 2))
    swapped = name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    assume(swapped != name)
    assert find_near(swapped, [name]) == [(name, 1)]


def test_texts_of_two_letters_are_near_to_nothing() -> None:
    assert find_near("ab", ["ac", "ab"]) == []


@pytest.mark.parametrize(("letters", "edits"), [(2, 0), (3, 1), (7, 1), (8, 2), (12, 3), (40, 3)])
def test_longer_names_may_have_more_slips(letters: int, edits: int) -> None:
    assert most_edits("x" * letters) == edits
