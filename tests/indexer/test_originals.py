from __future__ import annotations

import zipfile
from pathlib import Path

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facies.core.errors import ImageTooLargeError, OriginalMissingError, UnreadableImageError
from facies.indexer.originals import original_is_gone, read_original, read_up_to, split_zip_uri, zip_uri

_NAMES = st.text(min_size=1).filter(lambda text: ":" not in text)


@given(_NAMES, _NAMES)
def test_zip_uris_come_apart_again(archive: str, member: str) -> None:
    assert split_zip_uri(zip_uri(archive, member)) == (archive, member)


def test_local_zip_and_remote_originals(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(b"local")
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a/2.png", b"member")
    system = fsspec.filesystem("memory")
    system.pipe("/originals/3.png", b"remote")
    member = f"zip://a/2.png::{tmp_path}/x.zip"
    try:
        assert read_original(str(tmp_path / "1.png")) == b"local"
        assert read_original(member) == b"member"
        assert read_original("memory://originals/3.png") == b"remote"
        assert read_up_to(member, 3) == b"mem"
        assert not original_is_gone(member)
        assert not original_is_gone("memory://originals/3.png")
        assert original_is_gone(f"zip://a/3.png::{tmp_path}/x.zip")
        assert original_is_gone("memory://originals/4.png")
    finally:
        system.rm("/originals", recursive=True)


@pytest.mark.parametrize(
    "uri", ["{}/1.png", "zip://1.png::{}/none.zip", "zip://1.png::{}/x.zip", "memory://none/1.png"]
)
def test_missing_originals(uri: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("2.png", b"")
    with pytest.raises(OriginalMissingError, match="relink"):
        read_original(uri.format(tmp_path))


def test_originals_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "big.png").write_bytes(bytes(1000))
    with pytest.raises(ImageTooLargeError, match="MAX_FILE_BYTES"):
        read_original(str(tmp_path / "big.png"), max_bytes=999)
    assert len(read_original(str(tmp_path / "big.png"), max_bytes=1000)) == 1000
    (tmp_path / "no.zip").write_bytes(b"no zip")
    for uri in (str(tmp_path), f"zip://1.png::{tmp_path}/no.zip", "gopher://somewhere/1.png"):
        with pytest.raises(UnreadableImageError):
            read_original(uri)
