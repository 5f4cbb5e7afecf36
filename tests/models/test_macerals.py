"""Groups of macerals and their order in reflected light."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from facies.core.segmentation.class_table import ClassTable
from facies.models.macerals import (
    BACKGROUND,
    BY_REFLECTANCE,
    MACERALS,
    check_reflectance,
    find_group,
    mean_brightness,
)


def test_the_ids_are_those_of_the_challenge() -> None:
    ids = dict(zip(MACERALS.names, MACERALS.ids.tolist(), strict=True))
    assert ids == {"background": 0, "inertinite": 1, "vitrinite": 2, "liptinite": 3}
    assert MACERALS.names[BACKGROUND] == "background"


@pytest.mark.parametrize("name", MACERALS.names)
def test_each_group_is_found_by_its_own_name_in_any_case(name: str) -> None:
    assert find_group(name.upper()) == name


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("Semifusinite", "inertinite"),
        ("collotelinite", "vitrinite"),
        ("huminite", "vitrinite"),
        ("lamalginite", "liptinite"),
        ("EXINITE", "liptinite"),
        ("mineral_matter", "background"),
    ],
)
def test_macerals_and_older_names_belong_to_their_group(name: str, group: str) -> None:
    assert find_group(name) == group


@pytest.mark.parametrize("name", ["quartz", "", "vitrain", "pyrite "])
def test_other_names_have_no_group(name: str) -> None:
    assert find_group(name) is None


def test_brightness_is_the_mean_of_each_class_that_is_there() -> None:
    image = np.array([[[10, 20, 30], [255, 255, 255]], [[40, 40, 40], [0, 0, 0]]], np.uint8)
    mask = np.array([[1, 2], [1, 2]], np.int32)
    assert mean_brightness(image, mask, MACERALS) == {"inertinite": 30.0, "vitrinite": 127.5}


@pytest.mark.parametrize("order", list(itertools.permutations(BY_REFLECTANCE)))
def test_only_the_order_of_reflected_light_passes(order: tuple[str, ...]) -> None:
    note = check_reflectance({name: 50.0 * at for at, name in enumerate(order)} | {"background": 999.0})
    assert (note is None) == (order == BY_REFLECTANCE)


def test_the_note_names_the_order_that_came_and_the_one_that_was_expected() -> None:
    note = check_reflectance({"inertinite": 60.4, "vitrinite": 120.0})
    assert note is not None
    assert "inertinite 60, vitrinite 120" in note
    assert "liptinite, vitrinite, inertinite" in note


@pytest.mark.parametrize("brightness", [{}, {"vitrinite": 3.0}, {"shale": 9.0, "sand": 3.0}])
def test_fewer_than_two_groups_have_no_order(brightness: dict[str, float]) -> None:
    assert check_reflectance(brightness) is None


def test_classes_outside_petrography_are_passed_over() -> None:
    table = ClassTable.of_names(["sand", "shale"])
    image = np.full((2, 2, 3), 7, np.uint8)
    assert check_reflectance(mean_brightness(image, np.array([[0, 1], [1, 0]]), table)) is None
