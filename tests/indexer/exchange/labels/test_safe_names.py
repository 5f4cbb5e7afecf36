"""Names that every system takes, and no two alike."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from facies.indexer.exchange.labels.safe_names import Names, safe_name

from .conftest import texts


@given(texts | st.sampled_from(["..", ".", "", " ", "a.", "nul.txt", "COM1", "x" * 400, "é" * 200]))
def test_a_name_stays_where_it_is_put(text: str) -> None:
    name = safe_name(text)
    assert name == PurePosixPath(name).name
    assert not set(name) & set('<>:"/\\|?*\n\r\t\x00')
    assert not name.startswith(".")
    assert name.strip().rstrip(".") == name
    assert 0 < len(name.encode()) <= 140


@given(st.lists(texts, max_size=20, unique=True))
def test_different_texts_have_different_names_on_every_system(found: list[str]) -> None:
    names = Names()
    given_names = [names.give(text) for text in found]
    assert len({name.casefold() for name in given_names}) == len(found)
    assert [names.give(text) for text in found[:1]] == given_names[:1]


def test_files_of_one_name_keep_their_suffix(tmp_path: Path) -> None:
    names = Names()
    first, second = names.give("a.png", "one"), names.give("A.png", "two")
    assert first == "a.png"
    assert second.startswith("A~")
    assert second.endswith(".png")
