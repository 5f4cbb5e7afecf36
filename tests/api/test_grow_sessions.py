from __future__ import annotations

from pathlib import Path

import pytest

from facies.api.grow_sessions import GrowSession, check_free, find_ids, read_session, write_session
from facies.core.errors import ConfigurationError, QueryError, StorageError
from facies.core.wire_growth import GrowthState

ID = "0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e"
SESSION = GrowSession(
    collection="grains",
    page=20,
    state=GrowthState(label="Årstad's", vector="v", made_by="0" * 16, examples=[ID]),
)


def test_a_session_comes_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    write_session(path, SESSION)
    assert read_session(path) == SESSION
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(ConfigurationError, match=r'grows "Årstad\'s" in \'grains\''):
        check_free(path)
    check_free(tmp_path / "other.json")


def test_what_is_no_session_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="grow start LABEL"):
        read_session(tmp_path / "none.json")
    (tmp_path / "s.json").write_text('{"collection": "grains"}')
    with pytest.raises(ConfigurationError, match="is no session"):
        read_session(tmp_path / "s.json")
    with pytest.raises(StorageError):
        write_session(tmp_path / "no folder" / "s.json", SESSION)


@pytest.mark.parametrize("wrong", ["0", "4", "-1", "x", "1.5"])
def test_an_image_that_is_not_on_the_page_is_told(wrong: str) -> None:
    with pytest.raises(QueryError, match="from 1 to 3"):
        find_ids(["a", "b", "c"], [wrong])
