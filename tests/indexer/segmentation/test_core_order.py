"""What is wanted of a core."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from facies.core.errors import ConfigurationError, DepthError
from facies.indexer.segmentation.core_order import CoreOrder
from facies.indexer.segmentation.depth import Section
from facies.indexer.segmentation.section_list import NamedInterval

OUT = Path("out")
UPPER, LOWER = Section(Path("a/box.png"), 10.0, 11.0), Section(Path("b/box.png"), 12.0, 13.0)


def order(*sections: Section, is_list: bool = True) -> CoreOrder:
    return CoreOrder(Path("m"), OUT, sections, is_list=is_list)


def test_exactly_one_of_image_and_sections_is_given() -> None:
    with pytest.raises(ConfigurationError, match="not both"):
        CoreOrder(Path("m"), OUT)
    with pytest.raises(ConfigurationError, match="not both"):
        CoreOrder(Path("m"), OUT, (UPPER,), Path("a.png"))


def test_what_makes_no_sense_is_told_before_anything_is_named() -> None:
    with pytest.raises(DepthError, match="need depths"):
        CoreOrder(Path("m"), OUT, image=Path("a.png"), intervals=(NamedInterval(1, 2),))
    for step_m in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(DepthError, match="bin of depth"):
            replace(order(UPPER), step_m=step_m)
    for least_m in (-0.1, math.nan):
        with pytest.raises(DepthError, match="thick"):
            replace(order(UPPER), least_m=least_m)


def test_a_photograph_alone_is_written_to_the_folder_itself_and_one_of_a_list_is_not() -> None:
    assert order(UPPER, is_list=False).folders() == {UPPER: OUT}
    assert order(UPPER).folders() == {UPPER: OUT / "sections" / "box"}


def test_folders_are_in_depth_order_and_apart_though_photographs_are_called_alike() -> None:
    third = Section(Path("c/Box-2.png"), 14.0, 15.0)
    found = order(third, LOWER, UPPER).folders()
    assert list(found) == [UPPER, LOWER, third]
    names = [path.name.casefold() for path in found.values()]
    assert len(set(names)) == 3
    assert all(path.parent == OUT / "sections" for path in found.values())


def test_names_that_are_no_folders_get_another() -> None:
    dots = Section(Path("...png"), 1.0, 2.0)
    assert order(dots).folders() == {dots: OUT / "sections" / "section"}


def test_a_further_section_and_a_corrected_depth_move_no_folder() -> None:
    between = Section(Path("new.png"), 11.2, 11.8)
    deeper = Section(LOWER.image, 12.5, 13.5)
    other = Section(Path("a/other.png"), 10.0, 11.0)
    before, after = order(other, LOWER).folders(), order(other, between, deeper).folders()
    assert after[other] == before[other]
    assert after[deeper] == before[LOWER]


def test_finished_sections_depend_on_all_that_changes_their_pixels_and_on_nothing_else() -> None:
    one = order(UPPER)
    same = replace(one, out=Path("elsewhere"), step_m=0.5, least_m=1.0, sections=(LOWER,))
    base = one.fingerprint("model", "picture", 2.0)
    assert same.fingerprint("model", "picture", 2.0) == base
    others = {
        one.fingerprint("another", "picture", 2.0),
        one.fingerprint("model", "another", 2.0),
        one.fingerprint("model", "picture", 3.0),
        replace(one, finds_rock=False).fingerprint("model", "picture", 2.0),
        replace(one, not_rock=("tray",)).fingerprint("model", "picture", 2.0),
    }
    assert len(others) == 5
    assert base not in others
