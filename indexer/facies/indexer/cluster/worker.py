"""What runs on a node: a whole pipeline from file to vector that writes nothing.

Reading, decoding and embedding happen in one process, so pixels never travel: what leaves a worker is a thumbnail and a
vector for each page. A worker that dies is started again, and its files are read again; nothing else was changed.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import pyarrow as pa

from facies.core.errors import FaciesError, FingerprintMismatchError, JobError, ModelError, SourceError
from facies.core.records import Fingerprint, ImageRecord
from facies.indexer.cluster.rows import (
    PAGE,
    REFUSED,
    Row,
    entries_of,
    entry_row,
    event_row,
    fault_row,
    refused_row,
    row_table,
)
from facies.indexer.embedding import Embedded, EmbeddingStage
from facies.indexer.hashes import Hashes, holds
from facies.indexer.limits import Limits
from facies.indexer.originals import ZIP_SCHEME, split_zip_uri
from facies.indexer.reading import Page, ReadAhead
from facies.indexer.sources import SourceEntry, SourceItem
from facies.indexer.sources.archive import ZipSource

if TYPE_CHECKING:
    from facies.models.embedder import Embedder

_log = logging.getLogger(__name__)

_ROWS = 64
"""Rows that are packed and handed on at a time."""


class Worker:
    """Loads the embedder once, then turns tables of entries into tables of rows."""

    def __init__(
        self,
        load: Callable[[], Embedder],
        fingerprint: Fingerprint,
        collection: str,
        limits: Limits,
        fetch_known: Callable[[], Hashes],
    ) -> None:
        """Load the embedder; where that fails, every answer is the reason, since the run cannot go on.

        Args:
            load: loads it on this node.
            fingerprint: what the driver's embedder has; another one would make vectors that cannot be compared.
            collection: for messages.
            limits: bounds of memory and threads of this worker.
            fetch_known: gives the content that need not be decoded.
        """
        self._limits = limits
        self._fault: FaciesError | None = None
        try:
            self._embedder = load()
            if differences := fingerprint.differences(self._embedder.fingerprint):
                raise FingerprintMismatchError(collection, [f"on a worker, {one}" for one in differences])
        except FaciesError as error:
            self._fault = error
        self._known = fetch_known()

    def __call__(self, table: pa.Table) -> Iterator[pa.Table]:
        """Read and embed the entries of a table."""
        if self._fault is not None:
            yield row_table([fault_row(self._fault)])
            return
        gathered: list[Row] = []
        try:
            for row in embed_entries(entries_of(table), self._embedder, self._limits, self._known):
                gathered.append(row)
                if len(gathered) >= _ROWS:
                    yield row_table(gathered)
                    gathered = []
        except FaciesError as error:
            gathered.append(fault_row(error))
        except Exception as error:  # ends the run all the same: sent as an answer in one line, raised in pages of Ray's
            _log.exception("a worker failed")
            gathered.append(fault_row(JobError(f"a worker failed: {type(error).__name__}: {error}")))
        yield row_table(gathered)


def embed_entries(entries: Sequence[SourceEntry], embedder: Embedder, limits: Limits, known: Hashes) -> Iterator[Row]:
    """Read, decode and embed entries; gives the rows of each in the order of the entries."""
    reader = ReadAhead(limits, lookup=partial(_mark, known), embedder=embedder, thumbnail_px=limits.thumbnail_px)
    stage: EmbeddingStage[Row] = EmbeddingStage(embedder, limits.upsert_size)
    waiting: deque[list[Row]] = deque()
    try:
        for entry, events in reader.files(map(_openable, entries)):
            rows = [entry_row(entry)]
            for event in events:
                rows.append(event_row(event))
                if isinstance(event, Page) and event.prepared is not None:
                    stage.add(rows[-1], event.prepared)
                    _settle(stage.collect())
            waiting.append(rows)
            while waiting and _is_embedded(waiting[0]):
                yield from _until_refused(waiting.popleft())
        _settle(stage.collect(everything=True))
        for rows in waiting:
            yield from _until_refused(rows)
    finally:
        reader.close()
        stage.close()


def _settle(embedded: Iterable[tuple[Row, Embedded]]) -> None:
    for row, outcome in embedded:
        if isinstance(outcome, ModelError):
            refused = refused_row(str(outcome), expected=True)
            row.kind, row.text, row.thumbnail = refused.kind, refused.text, None
        else:
            row.vector = outcome


def _is_embedded(rows: Sequence[Row]) -> bool:
    return all(row.kind != PAGE or row.vector is not None for row in rows)


def _until_refused(rows: Sequence[Row]) -> Sequence[Row]:
    """A refused file ends with that, whatever pages came after it."""
    end = next((i for i, row in enumerate(rows) if row.kind == REFUSED), len(rows))
    return rows[: end + 1]


def _mark(known: Hashes, sha256: str) -> tuple[ImageRecord, ...]:
    """Stand in for the records of known content, which the driver looks up: here it only matters that there are any."""
    return (ImageRecord("", sha256, None, "", 0, 0, "", ""),) if holds(known, sha256) else ()


def _openable(entry: SourceEntry) -> SourceEntry:
    """Give a member of a zip file by way of an archive that stays open: opening one reads its whole directory."""
    if not isinstance(entry, SourceItem) or not entry.uri.startswith(ZIP_SCHEME):
        return entry
    archive, member = split_zip_uri(entry.uri)
    return replace(entry, load=partial(_read_member, archive, member))


def _read_member(archive: str, member: str, size: int) -> bytes:
    try:
        opened = _open_archive(archive)
    except SourceError as error:
        raise OSError(str(error)) from error
    return opened.read_member(member, size)


@lru_cache(maxsize=1)
def _open_archive(location: str) -> ZipSource:
    return ZipSource(location)
