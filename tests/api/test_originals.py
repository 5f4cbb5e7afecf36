from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from facies.api.originals import decode_original, find_local_original, read_checked
from facies.core.errors import ImageTooLargeError, OriginalMissingError
from facies.core.images import content_hash
from facies.core.records import ImageRecord

LARGE = 2**30


@pytest.fixture
def record(gallery: Path) -> ImageRecord:
    path = gallery / "well_log" / "0.png"
    return ImageRecord("i", content_hash(path.read_bytes()), None, str(path), 96, 80, "PNG", "uint8")


def test_an_original_is_read_and_decoded(record: ImageRecord) -> None:
    assert content_hash(read_checked(record, max_bytes=LARGE)) == record.sha256
    assert decode_original(record, max_pixels=LARGE, max_bytes=LARGE).pixels.shape == (80, 96, 3)
    assert find_local_original(record) == Path(record.uri)


def test_a_member_of_a_zip_is_read_but_is_no_local_file(record: ImageRecord, tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.write(record.uri, "x/0.png")
    packed = replace(record, uri=f"zip://x/0.png::{archive}")
    assert find_local_original(packed) is None
    assert content_hash(read_checked(packed, max_bytes=LARGE)) == record.sha256


def test_another_file_in_its_place_is_not_the_original(record: ImageRecord, tmp_path: Path, gallery: Path) -> None:
    path = tmp_path / "0.png"
    path.write_bytes((gallery / "well_log" / "1.png").read_bytes())
    changed = replace(record, uri=str(path))
    with pytest.raises(OriginalMissingError, match="--relink"):
        read_checked(changed, max_bytes=LARGE)
    with pytest.raises(OriginalMissingError):
        find_local_original(changed)


def test_a_file_that_is_gone_is_missing(record: ImageRecord, tmp_path: Path) -> None:
    for uri in (str(tmp_path / "no.png"), str(Path(record.uri) / "below-a-file.png")):
        gone = replace(record, uri=uri)
        with pytest.raises(OriginalMissingError):
            find_local_original(gone)


def test_limits_hold_for_originals_too(record: ImageRecord) -> None:
    with pytest.raises(ImageTooLargeError):
        read_checked(record, max_bytes=10)
    with pytest.raises(ImageTooLargeError):
        decode_original(record, max_pixels=10, max_bytes=LARGE)
