"""The table of quality: figures set beside one another, and its place in the documentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.quality import BEGIN, END, Line, as_markdown, main, write_into

LINES = [
    Line("shells", "published: someone", "", 0.99, 0.9, None, None),
    Line("shells", "net fast", "", 0.5, 0.4, 0.45, 70.0),
    Line("shells", "net fast", "diffusion", 0.48, 0.6, 0.62, 70.0),
]


def test_the_best_of_ours_stands_out_and_published_rows_are_marked() -> None:
    rows = as_markdown(LINES).splitlines()
    assert rows[2] == "| shells | published: someone |  | 0.990 | 0.900 |  |  |"
    assert rows[3] == "| shells | net fast |  | **0.500** | 0.400 | 0.450 | 70.0 |"
    assert rows[4] == "| shells | net fast | diffusion | 0.480 | **0.600** | **0.620** | 70.0 |"


def test_only_what_stands_between_the_marks_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    for _ in range(2):
        write_into(page, "new")
    assert page.read_text() == f"before\n{BEGIN}\nnew\n{END}\nafter\n"


def test_a_set_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main([str(tmp_path), "--sets", "shells"])
