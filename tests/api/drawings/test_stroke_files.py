"""Files of strokes are read once, and what is kept of them is bounded."""

from __future__ import annotations

from pathlib import Path

import pytest

from facies.api.drawings import stroke_files
from facies.api.drawings.stroke_files import StrokeReader
from facies.core.errors import StorageError
from facies.core.new_files import new_file
from facies.core.wire_drawings import RevisionOut, StrokeBody, StrokesOut


def write(path: Path, *ids: int) -> int:
    """Strokes of class 2; gives the bytes of the file."""
    strokes = [StrokeBody(id=number, class_id=2, width=5, points=[(1, 2), (3, 4)]) for number in ids]
    with new_file(path) as part:
        part.write_text(StrokesOut(revision=len(ids), strokes=strokes).model_dump_json())
    return path.stat().st_size


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were read in truth."""
    noted: list[Path] = []
    read = stroke_files._read

    def note(path: Path) -> stroke_files.StrokesRead:
        noted.append(path)
        return read(path)

    monkeypatch.setattr(stroke_files, "_read", note)
    return noted


def test_a_file_is_read_once_for_as_long_as_it_is_the_same(tmp_path: Path, reads: list[Path]) -> None:
    reader, path = StrokeReader(), tmp_path / "strokes.json"
    assert reader.tell(path) == RevisionOut(revision=0, strokes=0, by_class={}), "nothing was drawn yet"
    write(path, 7, 8)
    first = reader.read(path)
    assert [one.id for one in first.strokes.strokes] == [7, 8]
    assert reader.tell(path) == RevisionOut(revision=2, strokes=2, by_class={2: 2})
    assert reader.read(path) is first
    assert reads == [path]
    write(path, 9)
    other = reader.read(path)
    assert [one.id for one in other.strokes.strokes] == [9]
    assert other.sha256 != first.sha256
    assert reader.tell(path).strokes == 1
    assert len(reads) == 2


def test_strokes_are_kept_within_bounds_and_their_counts_beyond(tmp_path: Path, reads: list[Path]) -> None:
    paths = [tmp_path / f"{number}.json" for number in range(3)]
    size = max(write(path, 1, 2, 3) for path in paths)
    reader = StrokeReader(kept_bytes=2 * size)
    for path in paths:
        reader.read(path)
    assert 0 < reader.kept_bytes <= 2 * size
    assert [reader.tell(path).strokes for path in paths] == [3, 3, 3]
    assert len(reads) == 3, "how many there are is known without the strokes"
    reader.read(paths[2])
    assert len(reads) == 3
    reader.read(paths[0])
    assert len(reads) == 4


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "strokes.json").write_text("{")
    with pytest.raises(StorageError, match="bring an earlier copy"):
        StrokeReader().tell(tmp_path / "strokes.json")
