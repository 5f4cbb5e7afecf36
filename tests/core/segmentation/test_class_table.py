import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facies.core.errors import ClassTableError, UnknownClassError
from facies.core.segmentation import ClassTable, SegmentationClass

IDS = st.lists(st.integers(0, 255), min_size=1, unique=True)


@given(IDS, st.randoms(use_true_random=False))
def test_indices_and_ids_are_each_others_inverse_in_any_order(ids: list[int], random: object) -> None:
    table = ClassTable(tuple(SegmentationClass(number, f"c{number}", (1, 2, 3)) for number in ids))
    values = np.array(ids * 2).reshape(2, -1)
    indices = table.index_of(values)
    assert indices.shape == values.shape
    assert np.array_equal(table.ids_of(indices), values)
    assert sorted(indices[0].tolist()) == list(range(len(ids)))


@given(IDS)
def test_a_table_of_ids_is_the_same_whatever_their_order(ids: list[int]) -> None:
    assert ClassTable.of_ids(ids) == ClassTable.of_ids(sorted(ids) * 2)


def test_all_ids_that_are_not_in_the_table_are_named() -> None:
    table = ClassTable.of_ids([1, 49])
    with pytest.raises(UnknownClassError, match=r"truth.png has -3, 2, 300, which .* 1 \(class 1\), 49 \(class 49\)"):
        table.index_of(np.array([[1, 2], [300, -3]]), "truth.png")


def test_no_ids_at_all_are_no_fault() -> None:
    assert ClassTable.of_ids([1]).index_of(np.empty((0, 3), np.uint8)).shape == (0, 3)


def test_a_word_is_a_name_in_any_case_or_an_id() -> None:
    table = ClassTable((SegmentationClass(7, "Shale", (0, 0, 0)), SegmentationClass(2, "7", (0, 0, 1))))
    assert table.resolve(" shale ") == 0
    assert table.resolve(7) == 0
    assert table.resolve("7") == 1  # a name before an id
    assert table.resolve("2") == 1
    assert table.find("9" * 5_000) is None
    with pytest.raises(UnknownClassError, match=r"'shal'.*Did you mean 'Shale'"):
        table.resolve("shal")


@pytest.mark.parametrize(
    "classes",
    [
        (),
        (SegmentationClass(1, "a", (0, 0, 0)), SegmentationClass(1, "b", (0, 0, 0))),
        (SegmentationClass(1, "a", (0, 0, 0)), SegmentationClass(2, "A", (0, 0, 0))),
    ],
)
def test_no_table_has_no_class_or_one_twice(classes: tuple[SegmentationClass, ...]) -> None:
    with pytest.raises(ClassTableError):
        ClassTable(classes)


@pytest.mark.parametrize(
    ("number", "name", "colour"),
    [
        (-1, "a", (0, 0, 0)),
        (256, "a", (0, 0, 0)),
        (1, " ", (0, 0, 0)),
        (1, "a" * 201, (0, 0, 0)),
        (1, "a", (0, 0, 256)),
    ],
)
def test_a_class_out_of_its_ranges_is_refused(number: int, name: str, colour: tuple[int, int, int]) -> None:
    with pytest.raises(ClassTableError):
        SegmentationClass(number, name, colour)


def test_the_palette_holds_colours_by_id() -> None:
    palette = ClassTable((SegmentationClass(7, "shale", (1, 2, 3)),)).palette()
    assert palette.shape == (256, 3)
    assert palette[7].tolist() == [1, 2, 3]
    assert palette.sum() == 6
