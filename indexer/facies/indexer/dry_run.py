"""Reading a source without writing anything."""

from __future__ import annotations

import threading

from facies.core.wire import IndexReport
from facies.indexer.known import Keeper, note_duplicate
from facies.indexer.ledger import Ledger, Outcome
from facies.indexer.limits import Limits
from facies.indexer.progress import OnProgress, tell
from facies.indexer.reading import Page, ReadAhead, Refused
from facies.indexer.sources import Source, SourceItem, without_own_parts

NOTE = "dry run: nothing was written; whether the collection holds the images already was not looked up"


def check_source(
    source: Source,
    *,
    limits: Limits | None = None,
    progress: OnProgress | None = None,
    stop: threading.Event | None = None,
) -> IndexReport:
    """Read and decode every file of a source; ``indexed`` counts the images that could be indexed.

    Raises:
        SourceError: the source cannot be listed.
    """
    ledger = Ledger("", "")
    reader = ReadAhead(limits or Limits())
    keepers: dict[str, Keeper] = {}
    source = without_own_parts(source)
    total = source.count() if progress else None
    try:
        for entry, events in reader.files(source):
            if stop is not None and stop.is_set():
                ledger.report.interrupted = True
                break
            ids: list[str] = []
            for event in events:
                if isinstance(event, Page):
                    ids.append(event.id)
                elif isinstance(event, Refused):
                    ledger.refuse(entry.uri, event.reason, expected=event.expected)
                elif isinstance(entry, SourceItem):
                    _count(ledger, keepers, entry, event.sha256, ids)
            tell(progress, ledger, total)
    finally:
        reader.close()
    ledger.say(NOTE)
    return ledger.finish()


def _count(ledger: Ledger, keepers: dict[str, Keeper], item: SourceItem, sha256: str, ids: list[str]) -> None:
    keeper = keepers.get(sha256)
    if keeper is None:
        keepers[sha256] = Keeper(item.uri, item.label)
        ledger.note(Outcome(item.uri, "indexed", tuple(ids)))
    else:
        note_duplicate(ledger, item, keeper)
