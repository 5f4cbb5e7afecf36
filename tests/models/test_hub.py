"""The Hugging Face hub, on this machine: cache, resume, and what each refusal says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from facies.core.errors import DownloadError, StorageError
from facies.models.cards import HubFile
from facies.models.hub import HubUnreachableError, fetch_hub_file, find_hub_file

if TYPE_CHECKING:
    from tests.models.conftest import LoopbackHub

SOURCE = HubFile("somebody/model", "weights.pth")
CONTENT = b"0123456789abcdef" * 40_000


def test_file_is_fetched_once_and_found_again(hub: LoopbackHub, tmp_path: Path) -> None:
    hub.put(SOURCE.repo, SOURCE.file, CONTENT)
    assert find_hub_file(SOURCE, cache_dir=tmp_path / "hub") is None
    path = fetch_hub_file(SOURCE, cache_dir=tmp_path / "hub", endpoint=hub.endpoint + "/")
    assert path.read_bytes() == CONTENT
    assert tmp_path in path.parents
    count = len(hub.answers())
    assert find_hub_file(SOURCE, cache_dir=tmp_path / "hub") == path
    assert len(hub.answers()) == count


def test_broken_connection_is_resumed(hub: LoopbackHub, tmp_path: Path) -> None:
    content = CONTENT * 20
    hub.put(SOURCE.repo, SOURCE.file, content)
    hub.web.drop_after = [12_000_000]
    path = fetch_hub_file(SOURCE, cache_dir=tmp_path, endpoint=hub.endpoint)
    assert path.read_bytes() == content
    assert any((wanted or "").startswith("bytes=") for _, _, wanted in hub.answers())


def test_missing_repository_is_said(hub: LoopbackHub, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"no repository at http://127\.0\.0\.1:\d+/somebody/model"):
        fetch_hub_file(SOURCE, cache_dir=tmp_path, endpoint=hub.endpoint)


@pytest.mark.parametrize("code", ["EntryNotFound", "RevisionNotFound"])
def test_missing_file_is_said(code: str, hub: LoopbackHub, tmp_path: Path) -> None:
    hub.web.headers["404"] = {"X-Error-Code": code}
    with pytest.raises(DownloadError, match=r"has no weights\.pth at main"):
        fetch_hub_file(SOURCE, cache_dir=tmp_path, endpoint=hub.endpoint)


def test_gated_repository_is_said(hub: LoopbackHub, tmp_path: Path) -> None:
    hub.web.headers["404"] = {"X-Error-Code": "GatedRepo"}
    with pytest.raises(DownloadError, match="consent to its licence"):
        fetch_hub_file(SOURCE, cache_dir=tmp_path, endpoint=hub.endpoint)


def test_hub_that_does_not_answer_is_said(tmp_path: Path) -> None:
    with pytest.raises(HubUnreachableError, match="cannot be reached"):
        fetch_hub_file(SOURCE, cache_dir=tmp_path, endpoint="http://127.0.0.1:9")


def test_answer_that_is_not_a_hubs_is_said(hub: LoopbackHub, tmp_path: Path) -> None:
    hub.web.files["/somebody/model/resolve/main/weights.pth"] = b"<html>log in to this network</html>"
    with pytest.raises(DownloadError, match=r"did not give weights\.pth|cannot be reached"):
        fetch_hub_file(SOURCE, cache_dir=tmp_path, endpoint=hub.endpoint)


def test_cache_that_cannot_be_written_is_a_storage_error(hub: LoopbackHub, tmp_path: Path) -> None:
    hub.put(SOURCE.repo, SOURCE.file, CONTENT)
    (tmp_path / "hub").write_text("in the way")
    with pytest.raises(StorageError, match="cannot write"):
        fetch_hub_file(SOURCE, cache_dir=tmp_path / "hub", endpoint=hub.endpoint)
