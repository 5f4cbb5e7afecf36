from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facies.core.label_text import LONGEST_LABEL, find_label_fault, has_control_character


@given(st.text())
def test_a_text_without_fault_is_one_line_that_can_be_stored(text: str) -> None:
    if find_label_fault(text) is None:
        assert text.strip()
        assert len(text.splitlines()) == 1
        assert "\0" not in text
        assert text.encode().decode() == text
        assert len(text) <= LONGEST_LABEL


@given(st.text(st.characters(categories=["L", "M", "N", "P", "S"]), min_size=1, max_size=LONGEST_LABEL))
def test_letters_figures_and_signs_of_every_script_are_a_label(text: str) -> None:
    assert find_label_fault(text) is None


@given(st.text(), st.characters(categories=["Cc", "Cs", "Zl", "Zp"]), st.text())
def test_one_control_character_anywhere_is_found(before: str, control: str, after: str) -> None:
    assert has_control_character(before + control + after)
    assert find_label_fault(f"a{before}{control}{after}") == "has a control character, expected one line of text"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "is empty"),
        (" ", "is empty"),
        ("x" * (LONGEST_LABEL + 1), "has 256 characters, expected at most 255"),
        ("x" * LONGEST_LABEL, None),
        ("می‌خواهم", None),
        ("a b", None),
    ],
)
def test_faults_are_said(text: str, fault: str | None) -> None:
    assert find_label_fault(text) == fault


def test_a_joiner_that_scripts_need_is_no_control_character() -> None:
    assert unicodedata.category("\u200c") == "Cf"
    assert not has_control_character("a\u200cb")
