"""Thumbnails and uploads as files: complete or absent, never outside their folders."""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facies.core.blobs import BlobStore
from facies.core.errors import StorageError
from facies.core.images import content_hash, image_id

DATA = b"not really an image, but bytes"
SHA = content_hash(DATA)
ID = image_id(SHA)


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_nothing_is_made_before_the_first_write(blobs: BlobStore, tmp_path: Path) -> None:
    assert blobs.thumbnail(ID) is None
    blobs.remove_thumbnail(ID)
    assert not list(tmp_path.iterdir())


def test_a_thumbnail_is_kept_replaced_and_removed(blobs: BlobStore, tmp_path: Path) -> None:
    blobs.put_thumbnail(ID, DATA)
    path = blobs.thumbnail(ID)
    assert path is not None
    assert path.read_bytes() == DATA
    assert path.suffix == ".jpg"
    blobs.put_thumbnail(ID, b"newer")
    assert path.read_bytes() == b"newer"
    assert files_in(tmp_path) == [path.name]
    blobs.remove_thumbnail(ID)
    assert blobs.thumbnail(ID) is None


def test_a_thumbnail_of_an_older_release_is_found_until_it_is_made_again(blobs: BlobStore, tmp_path: Path) -> None:
    blobs.put_thumbnail(ID, DATA)
    new = blobs.thumbnail(ID)
    assert new is not None
    old = new.rename(new.with_suffix(".webp"))
    assert blobs.thumbnail(ID) == old
    assert list(blobs.old_thumbnails(0)) == [ID]
    blobs.put_thumbnail(ID, DATA)
    assert blobs.thumbnail(ID) == new
    blobs.remove_thumbnail(ID)
    assert files_in(tmp_path) == []


def test_a_thumbnail_that_a_power_cut_left_empty_counts_as_absent(blobs: BlobStore) -> None:
    blobs.put_thumbnail(ID, b"")
    assert blobs.thumbnail(ID) is None
    blobs.put_thumbnail(ID, DATA)
    assert blobs.thumbnail(ID) is not None


@pytest.mark.parametrize(("fmt", "suffix"), [("JPEG", ".jpg"), ("TIFF", ".tif"), ("WEBP", ".webp"), ("PNG", ".png")])
def test_an_upload_is_kept_once_under_its_content(blobs: BlobStore, tmp_path: Path, fmt: str, suffix: str) -> None:
    path = blobs.put_upload(SHA, fmt, DATA)
    assert path.read_bytes() == DATA
    assert path.name == SHA + suffix
    written = path.stat().st_ino
    assert blobs.put_upload(SHA, fmt, DATA) == path
    assert path.stat().st_ino == written
    assert files_in(tmp_path) == [path.name]
    blobs.remove_upload(path)
    blobs.remove_upload(path)
    assert not path.exists()


def test_an_upload_that_was_cut_by_a_full_disk_elsewhere_is_written_again(blobs: BlobStore) -> None:
    path = blobs.put_upload(SHA, "PNG", DATA)
    path.write_bytes(DATA[:5])
    assert blobs.put_upload(SHA, "PNG", DATA).read_bytes() == DATA


@given(st.text(max_size=40))
def test_no_text_but_an_id_reaches_the_disk(name: str) -> None:
    blobs = BlobStore(Path("/nonexistent"))
    assert blobs.thumbnail(name) is None
    with pytest.raises(ValueError, match="UUID"):
        blobs.put_thumbnail(name, DATA)
    with pytest.raises(ValueError, match="UUID"):
        blobs.remove_thumbnail(name)
    with pytest.raises(ValueError, match="SHA-256"):
        blobs.put_upload(name, "PNG", DATA)


def test_a_format_that_is_not_ours_is_refused(blobs: BlobStore) -> None:
    with pytest.raises(ValueError, match="one of JPEG, PNG"):
        blobs.put_upload(SHA, "../../etc/passwd", DATA)


def test_only_copies_of_uploads_are_removed(blobs: BlobStore, tmp_path: Path) -> None:
    original = tmp_path / "original.png"
    original.write_bytes(DATA)
    blobs.put_upload(SHA, "PNG", DATA)
    crooked = blobs.put_upload(SHA, "PNG", DATA).parent / ".." / ".." / ".." / "original.png"
    for path in (original, crooked):
        assert not blobs.is_upload(path)
        with pytest.raises(ValueError, match="only copies of uploads are removed"):
            blobs.remove_upload(path)
    assert original.exists()


def test_threads_may_write_the_same_thing_at_once(blobs: BlobStore, tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        for _ in range(40):
            pool.submit(blobs.put_thumbnail, ID, DATA)
            pool.submit(blobs.put_upload, SHA, "PNG", DATA)
    assert len(files_in(tmp_path)) == 2
    path = blobs.thumbnail(ID)
    assert path is not None
    assert path.read_bytes() == DATA


def test_a_folder_in_the_way_is_a_storage_error(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("a file where a folder should be")
    blobs = BlobStore(tmp_path / "blobs")
    with pytest.raises(StorageError, match=r"cannot write .*Not a directory"):
        blobs.put_thumbnail(ID, DATA)
    with pytest.raises(StorageError):
        blobs.remove_thumbnail(ID)


FULL_DISK = """
import pathlib, resource, signal, sys
from facies.core.blobs import BlobStore
from facies.core.errors import StorageError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    BlobStore(pathlib.Path(sys.argv[1])).put_thumbnail(sys.argv[2], bytes(5000))
except StorageError as error:
    print(error)
"""


@pytest.mark.skipif(
    not hasattr(resource, "RLIMIT_FSIZE"), reason="needs a limit of the file size to stand for a full disk"
)
def test_a_disk_that_fills_up_leaves_the_old_file_and_no_remains(blobs: BlobStore, tmp_path: Path) -> None:
    blobs.put_thumbnail(ID, DATA)
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path / "blobs"), ID],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "File too large" in done.stdout
    path = blobs.thumbnail(ID)
    assert path is not None
    assert path.read_bytes() == DATA
    assert files_in(tmp_path) == [path.name]


def test_the_name_of_an_upload_is_flushed_too(
    blobs: BlobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut must not take the only copy; the folders are flushed after the file has its name."""
    flushed: list[tuple[int, bool]] = []
    fsync = os.fsync

    def note(handle: int) -> None:
        status = os.fstat(handle)
        flushed.append((status.st_ino, stat.S_ISDIR(status.st_mode) and bool(list(tmp_path.rglob("*.png")))))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", note)
    path = blobs.put_upload(SHA, "PNG", DATA)
    folders = [path.parent, path.parent.parent, tmp_path / "blobs"]
    assert flushed == [(path.stat().st_ino, False), *((folder.stat().st_ino, True) for folder in folders)]


def test_old_files_are_told_from_young_and_foreign_ones(blobs: BlobStore, tmp_path: Path) -> None:
    assert (list(blobs.old_thumbnails(0)), list(blobs.old_uploads(0)), blobs.remove_old_parts(0)) == ([], [], 0)
    blobs.put_thumbnail(ID, DATA)
    path = blobs.put_upload(SHA, "PNG", DATA)
    half = path.with_name(".part-abc")
    half.write_bytes(DATA[:3])
    (path.parent / "notes.txt").write_text("foreign")
    (path.parent / f"{SHA}.exe").write_text("foreign")
    (path.parent / f"{'0' * 64}.png").mkdir()
    (tmp_path / "blobs/thumbnails" / ID[:2] / "notes.webp").write_text("foreign")
    assert (list(blobs.old_thumbnails(60)), list(blobs.old_uploads(60)), blobs.remove_old_parts(60)) == ([], [], 0)
    assert (list(blobs.old_thumbnails(0)), list(blobs.old_uploads(0))) == ([ID], [(SHA, path)])
    os.utime(path, (0, 0))
    assert list(blobs.old_uploads(60)) == [(SHA, path)]
    blobs.put_upload(SHA, "PNG", DATA)
    assert list(blobs.old_uploads(60)) == [], "put again, it counts as young"
    assert blobs.remove_old_parts(0) == 1
    assert not half.exists()
    assert path.exists()
