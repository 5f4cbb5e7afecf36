"""The second stage: one thread that embeds batches of prepared images, while others are decoded and written."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from facies.core.errors import ModelError, UnreadableImageError
from facies.indexer.limits import Limits
from facies.indexer.reading import Page, ReadAhead, Refused
from facies.indexer.sources import SourceEntry

if TYPE_CHECKING:
    from facies.core.store import Vector
    from facies.models.embedder import Embedder, Prepared

T = TypeVar("T")
Embedded: TypeAlias = "Vector | ModelError | None"
"""A vector; or why the network can make none of that one picture; or None: the run was stopped before its turn."""


class EmbeddingStage(Generic[T]):
    """Takes prepared images, each with a tag of the caller's, and gives the tags back with vectors, in order.

    The caller adds and collects in turns from one thread. Up to `ahead` images are under way before `collect` makes the
    caller wait: enough that the network has work while a batch is written, and a bound on the memory.
    """

    def __init__(self, embedder: Embedder, ahead: int, stop: threading.Event | None = None) -> None:
        """Start no thread yet; once ``stop`` is set no further batch is begun."""
        self._embedder = embedder
        self._stop = stop or threading.Event()
        self._batches_ahead = max(2, -(-ahead // embedder.batch_size))
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="embed")
        self._gathered: list[tuple[T, Prepared]] = []
        self._under_way: deque[tuple[list[T], Future[Sequence[Embedded]]]] = deque()

    def add(self, tag: T, prepared: Prepared) -> None:
        """Take an image; a batch goes on when it is full."""
        self._gathered.append((tag, prepared))
        if len(self._gathered) >= self._embedder.batch_size:
            self._send()

    def collect(self, *, everything: bool = False) -> Iterator[tuple[T, Embedded]]:
        """Give what is embedded so far; waits only while too much is under way, or for ``everything``.

        Raises:
            FaciesError: the embedder failed for another reason than one picture.
        """
        if everything and self._gathered:
            self._send()
        while self._under_way and (
            everything or len(self._under_way) > self._batches_ahead or self._under_way[0][1].done()
        ):
            tags, batch = self._under_way.popleft()
            yield from zip(tags, batch.result(), strict=True)

    def close(self) -> None:
        """Drop what waits, and wait for the batch that is being embedded."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _send(self) -> None:
        tags, batch = [tag for tag, _ in self._gathered], [prepared for _, prepared in self._gathered]
        self._gathered.clear()
        self._under_way.append((tags, self._pool.submit(self._embed, batch)))

    def _embed(self, batch: Sequence[Prepared]) -> Sequence[Embedded]:
        return [None] * len(batch) if self._stop.is_set() else embed_apart(self._embedder, batch)


def embed_apart(embedder: Embedder, batch: Sequence[Prepared]) -> list[Vector | ModelError]:
    """Embed a batch; where the network can make nothing of one picture, that one alone has an error for a vector."""
    try:
        return list(embedder.embed_prepared(batch))
    except ModelError as error:
        if len(batch) == 1:
            return [error]
        return [outcome for prepared in batch for outcome in embed_apart(embedder, [prepared])]


def embed_files(
    embedder: Embedder,
    entries: Iterable[SourceEntry],
    limits: Limits | None = None,
    *,
    on_refused: Callable[[str, str], None] | None = None,
) -> Iterator[tuple[str, Vector]]:
    """Embed files and store nothing: the first two stages of an index run, for whoever wants vectors alone.

    Args:
        embedder: makes the vectors.
        entries: the files, such as a `Source` gives them.
        limits: bounds of memory and threads.
        on_refused: told the URI of a file that holds no image, and the reason.

    Yields:
        the URI of the file and a unit vector (d,), float32, for each image in the order of the entries; a file of
        several pages gives as many.

    Raises:
        UnreadableImageError: a file that should be an image is none, and there is no `on_refused`.
        ModelError: the network can make nothing of a picture, and there is no `on_refused`.
    """
    limits = limits or Limits()
    reader = ReadAhead(limits, embedder=embedder)
    stage: EmbeddingStage[str] = EmbeddingStage(embedder, limits.upsert_size)
    try:
        for entry, events in reader.files(entries):
            for event in events:
                if isinstance(event, Page) and event.prepared is not None:
                    stage.add(entry.uri, event.prepared)
                    yield from _vectors(stage.collect(), on_refused)
                elif isinstance(event, Refused):
                    _refuse(entry.uri, event, on_refused)
        yield from _vectors(stage.collect(everything=True), on_refused)
    finally:
        reader.close()
        stage.close()


def _refuse(uri: str, refused: Refused, on_refused: Callable[[str, str], None] | None) -> None:
    if on_refused is not None:
        on_refused(uri, refused.reason)
    elif refused.expected:
        raise UnreadableImageError(uri, refused.reason)


def _vectors(
    outcomes: Iterable[tuple[str, Embedded]], on_refused: Callable[[str, str], None] | None
) -> Iterator[tuple[str, Vector]]:
    for uri, outcome in outcomes:
        if isinstance(outcome, ModelError):
            if on_refused is None:
                raise outcome
            on_refused(uri, str(outcome))
        elif outcome is not None:
            yield uri, outcome
