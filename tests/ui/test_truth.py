from __future__ import annotations

import pytest

from facies.ui.truth import TableError, label_of_file, read_table


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("well_log_007.png", "well_log"),
        ("Azolla (2).jpg", "Azolla"),
        ("azolla-12.tif", "azolla"),
        ("\u043a\u0435\u0440\u043d \u2116 7.png", "\u043a\u0435\u0440\u043d \u2116"),
        ("scans/azolla.png", "azolla"),
        ("007.png", None),
    ],
)
def test_a_file_name_tells_a_label_up_to_its_number(name: str, expected: str | None) -> None:
    assert label_of_file(name, "name") == expected


def test_the_innermost_folder_tells_a_label_whichever_system_wrote_it() -> None:
    assert label_of_file("in/azolla/7.png", "folder") == "azolla"
    assert label_of_file("in\\azolla\\7.png", "folder") == "azolla"
    assert label_of_file("7.png", "folder") is None
    assert label_of_file("in/azolla/7.png", "none") is None


def test_a_table_is_read_by_its_columns_and_its_separator() -> None:
    table = read_table("\ufeffFile;x;Label\nin\\a.png;1;azolla\nb.png;2; areoligera \nc.png;3;\n".encode())
    assert table == {"in/a.png": "azolla", "b.png": "areoligera"}
    assert label_of_file("in/a.png", "table", table) == "azolla"
    assert label_of_file("batch/b.png", "table", table) == "areoligera"
    assert label_of_file("c.png", "table", table) is None
    assert label_of_file("c.png", "table") is None


@pytest.mark.parametrize("data", [b"", b"a,b\n1,2\n", "file,label\n\u00e9,x".encode("latin-1")])
def test_a_table_that_cannot_be_used_says_why(data: bytes) -> None:
    with pytest.raises(TableError, match=r"expected one called file|not UTF-8"):
        read_table(data)
