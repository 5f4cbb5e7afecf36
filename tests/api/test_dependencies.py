from __future__ import annotations

import io

import pytest
from fastapi import UploadFile

from facies.api.dependencies import uploads_of


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("grain.png", "grain.png"),
        ("../../etc/passwd", "passwd"),
        ("C:\\slides\\grain.tif", "grain.tif"),
        ("/", "file 0"),
        ("", "file 0"),
        (None, "file 0"),
    ],
)
def test_only_the_last_part_of_a_name_counts(given: str | None, shown: str) -> None:
    (upload,) = uploads_of([UploadFile(io.BytesIO(b"x"), filename=given)])
    assert (upload.name, upload.read()) == (shown, b"x")


def test_a_file_may_be_read_more_than_once() -> None:
    (upload,) = uploads_of([UploadFile(io.BytesIO(b"xyz"), filename="a.png")])
    assert upload.read() == upload.read() == b"xyz"
