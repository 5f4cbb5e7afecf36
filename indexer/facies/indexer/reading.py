"""The first stage: threads that read, hash, decode and prepare files, in bounded memory and in order.

What leaves this stage is small. A page's pixels are let go in the thread that decoded them, as soon as its thumbnail is
made and the embedder has prepared it, so the memory of a run depends neither on the folder nor on what comes after.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from facies.core.decoders.signatures import describe_foreign
from facies.core.errors import ImageError, ImageTooLargeError, UnreadableImageError
from facies.core.images import (
    DecodedImage,
    content_hash,
    decode_image,
    decode_pages,
    estimate_memory,
    make_thumbnail,
    sniff_format,
)
from facies.core.label_text import find_label_fault
from facies.core.records import ImageRecord
from facies.indexer.budget import ByteBudget, Cancelled
from facies.indexer.limits import Limits
from facies.indexer.originals import BYTES_SETTING, explain
from facies.indexer.sources import PassedOver, SourceEntry, SourceItem, Unusable, promises_no_image

if TYPE_CHECKING:
    from facies.models.embedder import Embedder, Prepared

HEAD_BYTES = 64
"""Enough to tell every format by its magic bytes."""

_FILES_AHEAD = 4
"""Files per thread that may be read before the consumer takes them."""

_PAGES_AHEAD = 16
"""Pages of one file that may wait for the consumer."""

_UNKNOWN_BYTES = 16 * 2**20
"""What a file is taken for whose size its source does not know."""

_PATIENCE_S = 0.05
"""How often a thread whose consumer is slow looks whether the run has ended."""


@dataclass(frozen=True, slots=True)
class Page:
    """One image, prepared for the embedder; its pixels are let go.

    Attributes:
        id: of the image.
        sha256: of the file.
        number: zero-based page in a file of several; None where the file holds one image.
        width: pixels.
        height: pixels.
        format: of the file, as its content shows it.
        scaling: the rule that brought the values to 8 bits.
        thumbnail: a small JPEG; empty where none was asked for.
        prepared: what the embedder takes; None where there is no embedder.
    """

    id: str
    sha256: str
    number: int | None
    width: int
    height: int
    format: str
    scaling: str
    thumbnail: bytes
    prepared: Prepared | None


@dataclass(frozen=True, slots=True)
class Known:
    """The catalogue holds this content; it was not decoded."""

    sha256: str
    records: tuple[ImageRecord, ...]


@dataclass(frozen=True, slots=True)
class Finished:
    """All pages of the file were decoded."""

    sha256: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The file holds no image that can be used: passed over where nobody expects one of it, else failed."""

    reason: str
    expected: bool


Event: TypeAlias = Page | Known | Finished | Refused
Lookup: TypeAlias = Callable[[str], tuple[ImageRecord, ...]]
"""Gives the images made from content with this hash; none where it is new."""
_Events: TypeAlias = "queue.Queue[Event | BaseException]"


@dataclass(frozen=True, slots=True)
class _Reading:
    """A file that a thread reads, or that waits for one."""

    entry: SourceEntry
    size: int
    work: Future[None] | None
    events: Iterator[Event]

    @property
    def held(self) -> int:
        """Bytes of the file that may be in memory now."""
        return 0 if self.work is None or self.work.done() else self.size


class ReadAhead:
    """Files being read; `events` of one file end with `Known`, `Finished` or `Refused`."""

    def __init__(
        self,
        limits: Limits,
        *,
        lookup: Lookup = lambda _: (),
        embedder: Embedder | None = None,
        thumbnail_px: int | None = None,
    ) -> None:
        """Start no thread yet.

        Args:
            limits: bounds of memory and threads.
            lookup: finds content that need not be decoded.
            embedder: prepares what is decoded; without one pages are decoded whole and thrown away.
            thumbnail_px: longest side of thumbnails; None makes none.
        """
        self._limits = limits
        self._lookup = lookup
        self._embedder = embedder
        self._draft_px = None if embedder is None else embedder.draft_px
        self._thumbnail_px = thumbnail_px
        self._memory = ByteBudget(limits.memory_bytes)
        self._ended = threading.Event()
        self._pool = ThreadPoolExecutor(limits.decode_threads, thread_name_prefix="decode")

    def files(self, entries: Iterable[SourceEntry]) -> Iterator[tuple[SourceEntry, Iterator[Event]]]:
        """Give each entry with its events, in the order of the entries, while later ones are read.

        A file is begun only while the bytes of those under way leave room for it. Who takes the files takes all events
        of one before the next, so the first is always under way and nothing waits for what comes later.
        """
        waiting: deque[_Reading] = deque()
        for entry in entries:
            size = (entry.size or _UNKNOWN_BYTES) if isinstance(entry, SourceItem) else 0
            while waiting and sum(reading.held for reading in waiting) + size > self._limits.memory_bytes:
                first = waiting.popleft()
                yield first.entry, first.events
            waiting.append(self._begin(entry, size))
            if len(waiting) > _FILES_AHEAD * self._limits.decode_threads:
                first = waiting.popleft()
                yield first.entry, first.events
        yield from ((reading.entry, reading.events) for reading in waiting)

    def read(self, item: SourceItem) -> Iterator[Event]:
        """Read one file in the caller's thread, and decode it although the catalogue may know it."""
        return self._examine(item, anew=True)

    def close(self) -> None:
        """Let the threads give up what they do and wait for them."""
        self._ended.set()
        self._memory.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _begin(self, entry: SourceEntry, size: int) -> _Reading:
        match entry:
            case PassedOver():
                return _Reading(entry, 0, None, iter([Refused(entry.reason, expected=False)]))
            case Unusable():
                return _Reading(entry, 0, None, iter([Refused(entry.reason, expected=True)]))
        events: _Events = queue.Queue(_PAGES_AHEAD)
        work = self._pool.submit(self._work, entry, events)
        return _Reading(entry, size, work, _follow(events))

    def _work(self, item: SourceItem, events: _Events) -> None:
        try:
            for event in self._examine(item):
                self._hand_over(event, events)
        except Cancelled:
            return
        except BaseException as error:
            # It goes to the consumer, which raises it in its own thread.
            self._hand_over(error, events)

    def _hand_over(self, event: Event | BaseException, events: _Events) -> None:
        while not self._ended.is_set():
            try:
                events.put(event, timeout=_PATIENCE_S)
            except queue.Full:
                continue
            return

    def _examine(self, item: SourceItem, *, anew: bool = False) -> Iterator[Event]:
        """Give the events of a file; the last one says how it ended."""
        try:
            head = _read_up_to(item, HEAD_BYTES)
            if sniff_format(head) is None:
                # A file named as something else is no failure; a file named as an image, or as nothing known, is.
                yield Refused(describe_foreign(head), expected=not promises_no_image(item.name))
                return
            fault = None if item.label is None else find_label_fault(item.label)
            if fault is not None:
                yield Refused(f"its label {fault}, got {item.label!r}; correct it where it comes from", expected=True)
                return
            data = self._read(item)
            sha256 = content_hash(data)
            records = () if anew else self._lookup(sha256)
            if records:
                yield Known(sha256, records)
                return
            yield from self._decode(data, item.name, sha256)
            yield Finished(sha256)
        except UnreadableImageError as error:
            yield Refused(error.reason, expected=True)  # the report names the file itself
        except ImageError as error:
            yield Refused(str(error), expected=True)

    def _decode(self, data: bytes, name: str, sha256: str) -> Iterator[Page]:
        """Decode and prepare page by page; a page's share of the memory is given back before it is handed over."""
        images = decode_pages(data, name, max_pixels=self._limits.max_pixels, draft_px=self._draft_px, sha256=sha256)
        needed = estimate_memory(data, draft_px=self._draft_px)
        while not self._ended.is_set():
            with self._memory.hold(needed):
                image = next(images, None)
                page = None if image is None else self._prepare(image, data, name)
                del image
            if page is None:
                return
            yield page
        raise Cancelled

    def _prepare(self, image: DecodedImage, data: bytes, name: str) -> Page:
        thumbnail = b"" if self._thumbnail_px is None else self._thumbnail(image, data, name, self._thumbnail_px)
        prepared = None if self._embedder is None else self._embedder.prepare(image.pixels)
        return Page(
            id=image.id,
            sha256=image.sha256,
            number=image.page,
            width=image.width,
            height=image.height,
            format=image.format,
            scaling=image.scaling,
            thumbnail=thumbnail,
            prepared=prepared,
        )

    def _thumbnail(self, image: DecodedImage, data: bytes, name: str, longest_px: int) -> bytes:
        if max(image.pixels.shape[:2]) < min(longest_px, max(image.width, image.height)):
            # Thumbnails larger than what the network wants of a large photograph: it is decoded once more for them.
            image = decode_image(data, name, max_pixels=self._limits.max_pixels, page=image.page, draft_px=longest_px)
        return make_thumbnail(image.pixels, longest_px)

    def _read(self, item: SourceItem) -> bytes:
        limit = self._limits.max_file_bytes
        if item.size is not None and item.size > limit:
            raise ImageTooLargeError(item.name, item.size, limit, unit="bytes", setting=BYTES_SETTING)
        data = _read_up_to(item, limit + 1)
        if len(data) > limit:
            raise ImageTooLargeError(item.name, len(data), limit, unit="bytes or more", setting=BYTES_SETTING)
        return data


def _follow(events: _Events) -> Iterator[Event]:
    """Give the events of a file as they come, up to the last."""
    while True:
        event = events.get()
        if isinstance(event, BaseException):
            raise event
        yield event
        if not isinstance(event, Page):
            return


def _read_up_to(item: SourceItem, size: int) -> bytes:
    try:
        return item.read_up_to(size)
    except OSError as error:
        raise UnreadableImageError(item.name, explain(error)) from error
