"""Files of strokes, read once for as long as they are the same: a page asks for a drawing again with every stroke."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from facies.core.errors import StorageError
from facies.core.images import content_hash
from facies.core.wire_drawings import RevisionOut, StrokesOut

KEPT_BYTES: Final = 16 * 2**20
"""Of files whose strokes are kept; in memory they take some eight times as much."""
_TOLD: Final = 10_000
"""Files of which is kept how many strokes they hold."""

_Stand = tuple[int, int, int]
"""When a file was changed, its number and its size: together they differ for each content that a path has had."""


@dataclass(frozen=True, slots=True, eq=False)
class StrokesRead:
    """What a file holds.

    Attributes:
        strokes: which must not be changed.
        told: what is said of them in few words.
        sha256: of the file, which differs wherever the strokes do.
    """

    strokes: StrokesOut
    told: RevisionOut
    sha256: str


NONE: Final = StrokesRead(StrokesOut(revision=0, strokes=[]), RevisionOut(revision=0, strokes=0, by_class={}), "")
"""Where nothing was drawn yet there is no file."""


class StrokeReader:
    """Reads files of strokes, and keeps what was read last. Thread-safe."""

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        """Keep the strokes of so many bytes of files."""
        self._most = kept_bytes
        self._lock = threading.Lock()
        self._read: OrderedDict[Path, tuple[_Stand, StrokesRead]] = OrderedDict()
        self._told: OrderedDict[Path, tuple[_Stand, RevisionOut]] = OrderedDict()

    @property
    def kept_bytes(self) -> int:
        """Bytes of the files whose strokes are kept."""
        return sum(size for (_, _, size), _ in self._read.values())

    def read(self, path: Path) -> StrokesRead:
        """Give what a file holds.

        Raises:
            StorageError: it is damaged; nothing is taken for empty that is not.
        """
        stand = _stand(path)
        if stand is None:
            return NONE
        with self._lock:
            held = self._read.get(path)
            if held is not None and held[0] == stand:
                self._read.move_to_end(path)
                return held[1]
        found = _read(path)
        with self._lock:
            self._told[path] = (stand, found.told)
            self._read[path] = (stand, found)
            self._read.move_to_end(path)
            while self.kept_bytes > self._most:
                self._read.popitem(last=False)
            while len(self._told) > _TOLD:
                self._told.popitem(last=False)
        return found

    def tell(self, path: Path) -> RevisionOut:
        """Say in few words what a file holds.

        Raises:
            StorageError: as `read`.
        """
        stand = _stand(path)
        with self._lock:
            held = self._told.get(path)
        return held[1] if held is not None and held[0] == stand else self.read(path).told


def tell(strokes: StrokesOut) -> RevisionOut:
    """What is said of strokes in few words."""
    by_class = dict(sorted(Counter(one.class_id for one in strokes.strokes).items()))
    return RevisionOut(revision=strokes.revision, strokes=len(strokes.strokes), by_class=by_class)


def _stand(path: Path) -> _Stand | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size


def _read(path: Path) -> StrokesRead:
    try:
        data = path.read_bytes()
        strokes = StrokesOut.model_validate_json(data)
    except (OSError, ValidationError) as error:
        raise StorageError(path, "the strokes in it cannot be read; bring an earlier copy of the file back") from error
    return StrokesRead(strokes, tell(strokes), content_hash(data))
