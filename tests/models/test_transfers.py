"""One attempt at a transfer; what `facies.models.downloads` builds on it is in test_downloads.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from facies.models.transfers import BrokenTransfer, RefusedTransfer, transfer

if TYPE_CHECKING:
    from tests.models.conftest import LoopbackServer


def _nothing(_done: int, _total: int | None) -> None:
    """No progress shown."""


def test_break_keeps_bytes_and_validator(web: LoopbackServer, tmp_path: Path) -> None:
    web.files["/f"] = b"0123456789" * 100
    web.drop_after = [250]
    notes = tmp_path / "notes.json"
    with httpx.Client() as client, (tmp_path / "part").open("ab") as part:
        with pytest.raises(BrokenTransfer):
            transfer(client, f"{web.url}/f", part, notes, _nothing)
        assert (tmp_path / "part").stat().st_size == 250
        assert json.loads(notes.read_text()) == {"url": f"{web.url}/f", "validator": web.etag("/f")}
        transfer(client, f"{web.url}/f", part, notes, _nothing)
    assert (tmp_path / "part").read_bytes() == web.files["/f"]


def test_bytes_of_another_address_are_not_kept(web: LoopbackServer, tmp_path: Path) -> None:
    web.files |= {"/a": b"a" * 1000, "/b": b"b" * 1000}
    web.drop_after = [400]
    notes = tmp_path / "notes.json"
    with httpx.Client() as client, (tmp_path / "part").open("ab") as part:
        with pytest.raises(BrokenTransfer):
            transfer(client, f"{web.url}/a", part, notes, _nothing)
        transfer(client, f"{web.url}/b", part, notes, _nothing)
    assert (tmp_path / "part").read_bytes() == b"b" * 1000


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_refusals_are_final(status: int, web: LoopbackServer, tmp_path: Path) -> None:
    web.statuses = [status]
    with (
        httpx.Client() as client,
        (tmp_path / "part").open("ab") as part,
        pytest.raises(RefusedTransfer, match=str(status)),
    ):
        transfer(client, f"{web.url}/f", part, tmp_path / "notes", _nothing)
