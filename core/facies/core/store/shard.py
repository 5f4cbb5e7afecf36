"""One Qdrant Edge shard, made safe: space is checked before it writes, its errors become ours, it recovers from them.

The engine writes through memory maps of sparse files. On a full disk the kernel answers such a write with SIGBUS, which
kills the process; so nothing is written, or opened, unless enough space is free.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Final, Self, TypeVar

import qdrant_edge as edge

from facies.core.errors import FaciesError, StorageError, StoreError, StoreUnavailableError
from facies.core.store.engine_files import unfilled_bytes
from facies.core.store.huge_pages import settle

T = TypeVar("T")

WRITE_RESERVE_BYTES: Final = 32 * 2**20
"""Space that must remain free beside what a write needs: one chunk of the engine's files."""

OPEN_RESERVE_BYTES: Final = 8 * 2**20
"""Space that must be free to open a shard, which replays its log. Less than a write needs, so that a full disk stops
writing and a restart can still read."""

FLUSH_AFTER_BYTES: Final = 32 * 2**20
"""Written since the last flush, this much brings the next: it keeps the log, and its replay at start, short."""

_STORAGE_ERROR = re.compile(r"\(os error (?:5|13|27|28|30|122)\)|[Nn]o space left|[Oo]ut of disk", re.ASCII)
"""I/O error, permission denied, file too large, no space left, read-only file system, quota exceeded."""


class Shard:
    """A shard that is open.

    The engine holds the GIL in every call, so one lock around its calls costs nothing. A second one is held by whoever
    writes, and by whoever wants nothing to be written for a while; reads go on meanwhile.
    """

    def __init__(self, path: Path, engine: edge.EdgeShard) -> None:
        """Use `create` or `load`."""
        self._path = path
        self._engine: edge.EdgeShard | None = engine
        self._calls = RLock()
        self._writes = RLock()
        self._failed = False
        self._unflushed_bytes = 1  # what a replay of the log brought back may not be on the disk yet
        self._noted: set[str] | None = None

    @classmethod
    def create(cls, path: Path, vectors: Mapping[str, int]) -> Self:
        """Make an empty shard with cosine vectors of these dimensions.

        Raises:
            StorageError: the disk is full or read-only.
        """
        check_space(path.parent, WRITE_RESERVE_BYTES + OPEN_RESERVE_BYTES)
        parameters = {name: edge.EdgeVectorParams(dim, edge.Distance.Cosine) for name, dim in vectors.items()}
        with engine_errors(path):
            # The log is what makes an acknowledged point outlive a kill; it is never switched off.
            return cls(path, edge.EdgeShard.create(str(path), edge.EdgeConfig(vectors=parameters, wal_enabled=True)))

    @classmethod
    def load(cls, path: Path) -> Self:
        """Open an existing shard, replaying its log.

        Raises:
            StorageError: the disk is full or read-only.
            StoreError: the files are damaged.
        """
        return cls(path, _load_engine(path))

    @property
    def path(self) -> Path:
        """Folder of the engine's files; another one after `take_over`."""
        return self._path

    def read(self, call: Callable[[edge.EdgeShard], T]) -> T:
        """Run a call of the engine that changes nothing."""
        with self._calls:
            engine = self._ready_engine()
            with engine_errors(self._path):
                return call(engine)

    def write(self, operation: Callable[[edge.EdgeShard], T], size_bytes: int, ids: Iterable[str] = ()) -> T:
        """Run a call that changes the shard and needs about so much space.

        Args:
            operation: the call.
            size_bytes: what it may add to the disk.
            ids: the points that it may change.

        Raises:
            StorageError: there is not enough space; nothing was written.
        """
        with self._writes, self._calls:
            engine = self._ready_engine()
            check_space(self._path, WRITE_RESERVE_BYTES + size_bytes)
            if self._noted is not None:
                self._noted.update(ids)  # before the call: one that fails may have written a part
            try:
                with engine_errors(self._path):
                    answer = operation(engine)
            except FaciesError:
                self._failed = True
                raise
            self._unflushed_bytes += size_bytes
            if self._unflushed_bytes >= FLUSH_AFTER_BYTES:
                self.flush()
            return answer

    @contextmanager
    def unwritten(self) -> Iterator[None]:
        """Let nobody else write for the time of the context; reads go on."""
        with self._writes:
            yield

    def note_writes(self) -> None:
        """Begin to note which points are written; flushes first, so that what was written before is in the files."""
        with self._writes:
            self.flush()
            self._noted = set()

    def take_noted(self, limit: int) -> list[str]:
        """Some points that were written since they were last taken; none where all were taken."""
        with self._writes:
            noted = self._noted or set()
            return [noted.pop() for _ in range(min(limit, len(noted)))]

    def count_noted(self) -> int:
        """How many points `take_noted` would give."""
        with self._writes:
            return len(self._noted or ())

    def forget_noted(self) -> None:
        """Note no more."""
        with self._writes:
            self._noted = None

    def take_over(self, other: Shard) -> None:
        """Go on with the engine of another shard, which is left closed; this one's own engine is closed.

        Whoever reads page by page goes on in the other.
        """
        with self._writes, other._writes:
            with self._calls, other._calls:
                engine, self._engine = self._engine, other._ready_engine()
                other._engine = None
                self._path, self._failed, self._unflushed_bytes = other._path, False, other._unflushed_bytes
                self._noted = None
            if engine is not None:
                engine.close()

    def flush(self) -> None:
        """Write everything to disk; nothing happens where nothing was written since the last time."""
        with self._calls:
            engine = self._ready_engine()
            if self._unflushed_bytes:
                with engine_errors(self._path):
                    engine.flush()
                self._unflushed_bytes = 0

    def close(self) -> None:
        """Flush and let go; the engine's own close hides errors, so the flush comes first and apart."""
        with self._writes, self._calls:
            if self._engine is None:
                return
            engine, self._engine = self._engine, None
            try:
                with engine_errors(self._path):
                    engine.flush()
            finally:
                engine.close()

    def abandon(self) -> None:
        """Let go of a shard that is about to be deleted."""
        with self._writes, self._calls:
            if self._engine is not None:
                self._engine.close()
                self._engine = None

    def _ready_engine(self) -> edge.EdgeShard:
        if self._engine is None:
            raise StoreUnavailableError(str(self._path), "it has been closed")
        if self._failed:
            # After an error the engine refuses every write until its log has been replayed.
            self._engine.close()
            self._engine = _load_engine(self._path)
            self._failed = False
        return self._engine


def check_space(folder: Path, needed_bytes: int) -> None:
    """Refuse to go on where the disk is about to be full.

    Raises:
        StorageError: says how much is free and how much is needed.
    """
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise StorageError(folder, error.strerror or str(error)) from error
    if free < needed_bytes:
        raise StorageError(
            folder, f"the disk is full ({free / 2**20:.0f} MiB free, {needed_bytes / 2**20:.0f} MiB needed)"
        )


def _load_engine(path: Path) -> edge.EdgeShard:
    check_space(path, OPEN_RESERVE_BYTES + unfilled_bytes(path))
    with engine_errors(path):
        engine = edge.EdgeShard.load(str(path))
    settle(path)
    return engine


@contextmanager
def engine_errors(path: Path) -> Iterator[None]:
    """Turn the engine's errors, which are bare Exceptions or a panic of Rust, into ours."""
    try:
        yield
    except FaciesError:
        raise
    except Exception as error:
        raise _translate(path, error) from error
    except BaseException as error:
        if (
            type(error).__name__ == "PanicException"
        ):  # made by the Rust bindings at run time: there is no class to import
            raise _translate(path, error) from error
        raise


def _translate(path: Path, error: BaseException) -> FaciesError:
    if _STORAGE_ERROR.search(str(error)):
        return StorageError(path, str(error))
    return StoreError(f"the embedded vector store at {path} failed: {error}")
