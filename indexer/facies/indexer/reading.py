"""The threads that read, hash and decode files ahead of the embedder, in bounded memory and in order."""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

from facies.core.decoders.signatures import describe_foreign
from facies.core.errors import ImageError, ImageTooLargeError, UnreadableImageError
from facies.core.images import DecodedImage, content_hash, decode_pages, make_thumbnail, sniff_format
from facies.core.records import ImageRecord
from facies.indexer.budget import ByteBudget
from facies.indexer.limits import Limits
from facies.indexer.originals import BYTES_SETTING, explain
from facies.indexer.sources import PassedOver, SourceEntry, SourceItem, Unusable, promises_no_image

HEAD_BYTES = 64
"""Enough to tell every format by its magic bytes."""

DECODE_FACTOR = 12
"""Bytes reserved per byte of a file while it is read and decoded: photographs as JPEG grow about so much."""

_DECODER_BYTES_PER_PIXEL = 16
"""What a decoder may hold for each pixel at its peak: its own samples, a copy of them, and the result."""

_PER_PAGE = 4096
"""Bytes that a page costs beside its pixels."""

_AHEAD = 4
"""Files per thread that may be read before the consumer takes them."""


@dataclass(frozen=True, slots=True)
class Page:
    """A decoded page, its thumbnail, and the bytes to release when its pixels are let go."""

    image: DecodedImage
    thumbnail: bytes
    held: int


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


class ReadAhead:
    """Files being read; `events` of one file end with `Known`, `Finished` or `Refused`."""

    def __init__(self, limits: Limits, lookup: Lookup) -> None:
        """Start no thread yet."""
        self._limits = limits
        self._lookup = lookup
        self.budget = ByteBudget(limits.memory_bytes)
        self._pool = ThreadPoolExecutor(limits.decode_threads, thread_name_prefix="decode")
        self._again = ThreadPoolExecutor(1, thread_name_prefix="decode-again")
        self._tickets = 0

    def files(self, entries: Iterable[SourceEntry]) -> Iterator[tuple[SourceEntry, Iterator[Event]]]:
        """Give each entry with its events, in the order of the entries, while later ones are read."""
        waiting: deque[tuple[SourceEntry, Iterator[Event]]] = deque()
        for entry in entries:
            waiting.append((entry, self.read(entry)))
            if len(waiting) > _AHEAD * self._limits.decode_threads:
                yield waiting.popleft()
        yield from waiting

    def read(self, entry: SourceEntry, *, anew: bool = False) -> Iterator[Event]:
        """Start reading an entry; ``anew`` decodes it although the catalogue knows it."""
        match entry:
            case PassedOver():
                return iter([Refused(entry.reason, expected=False)])
            case Unusable():
                return iter([Refused(entry.reason, expected=True)])
        self._tickets += 1
        ticket = self._tickets
        events: queue.SimpleQueue[Event | BaseException] = queue.SimpleQueue()
        # The consumer waits for what it asks for anew, so that must not queue behind files which wait for the consumer.
        (self._again if anew else self._pool).submit(self._work, entry, ticket, events, anew=anew)
        return self._follow(ticket, events)

    def close(self) -> None:
        """Let the threads give up what they do and wait for them."""
        self.budget.cancel()
        for pool in (self._pool, self._again):
            pool.shutdown(wait=True, cancel_futures=True)

    def _follow(self, ticket: int, events: queue.SimpleQueue[Event | BaseException]) -> Iterator[Event]:
        while True:
            try:
                event = events.get_nowait()
            except queue.Empty:
                self.budget.want(ticket)
                event = events.get()
                self.budget.want(None)
            if isinstance(event, BaseException):
                raise event
            yield event
            if not isinstance(event, Page):
                return

    def _work(
        self, item: SourceItem, ticket: int, events: queue.SimpleQueue[Event | BaseException], *, anew: bool
    ) -> None:
        try:
            for event in self._examine(item, ticket, anew=anew):
                events.put(event)
        except UnreadableImageError as error:
            events.put(Refused(error.reason, expected=True))  # the report names the file itself
        except ImageError as error:
            events.put(Refused(str(error), expected=True))
        except BaseException as error:
            # It goes to the consumer, which raises it in its own thread.
            events.put(error)

    def _examine(self, item: SourceItem, ticket: int, *, anew: bool) -> Iterator[Event]:
        head = _read_up_to(item, HEAD_BYTES)
        if sniff_format(head) is None:
            # A file named as something else is no failure; a file named as an image, or as nothing known, is.
            yield Refused(describe_foreign(head), expected=not promises_no_image(item.name))
            return
        with self._held(ticket, min(item.size or 0, self._limits.max_file_bytes) * DECODE_FACTOR):
            data = self._read(item)
            sha256 = content_hash(data)
            records = () if anew else self._lookup(sha256)
            if records:
                yield Known(sha256, records)
                return
            for image in self._decode(data, item.name, ticket):
                thumbnail = make_thumbnail(image.pixels, self._limits.thumbnail_px)
                held = image.pixels.nbytes + len(thumbnail) + _PER_PAGE
                self.budget.acquire(ticket, held)
                yield Page(image, thumbnail, held)
            yield Finished(sha256)

    def _decode(self, data: bytes, name: str, ticket: int) -> Iterator[DecodedImage]:
        """Decode; what is large by its header waits until nothing else is held, or until it is the next one wanted."""
        modest = self._limits.memory_bytes // (_DECODER_BYTES_PER_PIXEL * self._limits.decode_threads)
        largest = self._limits.max_pixels
        try:
            # The limit is compared with all headers first, so nothing came out when it is found to be exceeded.
            yield from decode_pages(data, name, max_pixels=min(modest, largest))
        except ImageTooLargeError:
            if modest >= largest:
                raise
        else:
            return
        with self._held(ticket, self._limits.memory_bytes):
            yield from decode_pages(data, name, max_pixels=largest)

    def _read(self, item: SourceItem) -> bytes:
        limit = self._limits.max_file_bytes
        if item.size is not None and item.size > limit:
            raise ImageTooLargeError(item.name, item.size, limit, unit="bytes", setting=BYTES_SETTING)
        data = _read_up_to(item, limit + 1)
        if len(data) > limit:
            raise ImageTooLargeError(item.name, len(data), limit, unit="bytes or more", setting=BYTES_SETTING)
        return data

    @contextmanager
    def _held(self, ticket: int, amount: int) -> Iterator[None]:
        self.budget.acquire(ticket, amount)
        try:
            yield
        finally:
            self.budget.release(amount)


def _read_up_to(item: SourceItem, size: int) -> bytes:
    try:
        return item.read_up_to(size)
    except OSError as error:
        raise UnreadableImageError(item.name, explain(error)) from error
