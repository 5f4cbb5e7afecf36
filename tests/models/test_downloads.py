"""Downloads end whole and checked, or not at all, whatever the server does."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facies.core.errors import DownloadError, StorageError
from facies.models.downloads import download_bar, download_file

if TYPE_CHECKING:
    from tests.models.conftest import LoopbackServer

CONTENT = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def _get(web: LoopbackServer, target: Path, **options: object) -> Path:
    options = {"sha256": SHA256, "pause_s": 0.01, **options}
    return download_file(f"{web.url}/file.pth", target, **options)  # type: ignore[arg-type]  # each test names its own


@pytest.fixture
def target(tmp_path: Path, web: LoopbackServer) -> Path:
    web.files["/file.pth"] = CONTENT
    return tmp_path / "new folder" / "file.pth"


def _nothing_but(target: Path) -> bool:
    return [path.name for path in target.parent.iterdir()] == [target.name]


def test_file_comes_whole_with_progress(web: LoopbackServer, target: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    assert _get(web, target, progress=lambda done, total: seen.append((done, total))) == target
    assert target.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert _nothing_but(target)


def test_file_that_is_there_is_checked_and_not_fetched(web: LoopbackServer, target: Path) -> None:
    _get(web, target)
    count = len(web.requests)
    _get(web, target, sha256=SHA256[:8])
    assert len(web.requests) == count
    target.write_bytes(b"damaged")
    with pytest.raises(DownloadError, match="damaged or not the published file"):
        _get(web, target)
    assert target.read_bytes() == b"damaged"


def test_broken_connection_is_resumed_where_it_stopped(web: LoopbackServer, target: Path) -> None:
    web.drop_after = [300_000, 200_000]
    _get(web, target)
    assert target.read_bytes() == CONTENT
    ranges = [wanted for _, _, wanted in web.requests]
    assert ranges[0] is None
    assert ranges[1] == "bytes=300000-"
    assert ranges[2] == "bytes=500000-"
    assert _nothing_but(target)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(breaks=st.lists(st.integers(0, len(CONTENT) - 1), max_size=3), ranges=st.booleans(), etags=st.booleans())
def test_whatever_breaks_the_bytes_are_right(
    breaks: list[int], ranges: bool, etags: bool, web: LoopbackServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    web.files["/file.pth"] = CONTENT
    web.drop_after, web.ranges, web.etags = list(breaks), ranges, etags
    target = tmp_path_factory.mktemp("download") / "file.pth"
    _get(web, target)
    assert target.read_bytes() == CONTENT
    assert _nothing_but(target)


def test_next_run_goes_on_after_a_failed_one(web: LoopbackServer, target: Path) -> None:
    web.drop_after = [400_000]
    with pytest.raises(DownloadError, match="400,000 bytes are kept") as caught:
        _get(web, target, attempts=1)
    assert web.url in caught.value.message
    assert not target.exists()
    _get(web, target)
    assert web.requests[-1][2] == "bytes=400000-"
    assert target.read_bytes() == CONTENT


def test_server_without_ranges_starts_over(web: LoopbackServer, target: Path) -> None:
    web.ranges = False
    web.drop_after = [500_000]
    _get(web, target)
    assert target.read_bytes() == CONTENT


def test_server_without_validators_starts_over(web: LoopbackServer, target: Path) -> None:
    web.etags = False
    web.drop_after = [500_000]
    _get(web, target)
    assert [wanted for _, _, wanted in web.requests] == [None, None]
    assert target.read_bytes() == CONTENT


def test_weak_validator_is_not_trusted_for_ranges(web: LoopbackServer, target: Path) -> None:
    web.etags = False
    web.headers["/file.pth"] = {"ETag": 'W/"1"'}
    web.drop_after = [500_000]
    _get(web, target)
    assert [wanted for _, _, wanted in web.requests] == [None, None]


def test_file_that_changed_meanwhile_is_fetched_anew(web: LoopbackServer, target: Path) -> None:
    web.drop_after = [400_000]
    with pytest.raises(DownloadError):
        _get(web, target, attempts=1)
    web.files["/file.pth"] = CONTENT[::-1]
    _get(web, target, sha256=hashlib.sha256(CONTENT[::-1]).hexdigest())
    assert target.read_bytes() == CONTENT[::-1]


def test_part_longer_than_the_file_is_dropped(web: LoopbackServer, target: Path) -> None:
    web.drop_after = [400_000]
    with pytest.raises(DownloadError):
        _get(web, target, attempts=1)
    with target.with_name("file.pth.part").open("ab") as part:
        part.truncate(len(CONTENT) + 5)
    _get(web, target)
    assert target.read_bytes() == CONTENT


def test_server_that_sends_another_range_is_not_believed(web: LoopbackServer, target: Path) -> None:
    web.drop_after = [400_000]
    web.lie_about_range = True
    _get(web, target)
    assert target.read_bytes() == CONTENT


def test_wrong_hash_leaves_nothing(web: LoopbackServer, target: Path) -> None:
    with pytest.raises(DownloadError, match="expected 000") as caught:
        _get(web, target, sha256="0" * 64)
    assert SHA256 in caught.value.message
    assert list(target.parent.iterdir()) == []


def test_missing_file_is_refused_at_once(web: LoopbackServer, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="404 Not Found"):
        download_file(f"{web.url}/none", tmp_path / "none")
    assert len(web.requests) == 1
    assert list(tmp_path.iterdir()) == []


def test_overloaded_server_is_asked_again(web: LoopbackServer, target: Path) -> None:
    web.statuses = [503, 429]
    _get(web, target)
    assert len(web.requests) == 3


def test_overloaded_server_is_given_up(web: LoopbackServer, target: Path) -> None:
    web.statuses = [503] * 9
    with pytest.raises(DownloadError, match=r"503 .*attempts: 3"):
        _get(web, target, attempts=3)


def test_no_connection_is_said(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"cannot be reached .*attempts: 1"):
        download_file("http://127.0.0.1:9/file", tmp_path / "file")
    assert list(tmp_path.iterdir()) == []


def test_address_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="ftp"):
        download_file("ftp://127.0.0.1/file", tmp_path / "file")


def test_folder_that_cannot_be_made_is_a_storage_error(web: LoopbackServer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="cannot write"):
        download_file(f"{web.url}/x", tmp_path / "file" / "x")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full, which Linux has")  # noqa: PTH110 (at import)
def test_full_disk_is_a_storage_error(web: LoopbackServer, target: Path) -> None:
    target.parent.mkdir()
    target.with_name("file.pth.part").symlink_to("/dev/full")
    with pytest.raises(StorageError, match="No space left"):
        _get(web, target)


def test_many_at_once_fetch_once(web: LoopbackServer, target: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: _get(web, target), range(64)))  # raises what any of them raised
    assert target.read_bytes() == CONTENT
    assert len(web.requests) == 1
    assert _nothing_but(target)


def test_bar_is_drawn_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with download_bar("weights.pth") as progress:
        progress(5, 10)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "weights.pth" in shown.err
