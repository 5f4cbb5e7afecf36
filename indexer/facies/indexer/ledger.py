"""What became of each file of a run, added up to the report."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from facies.core.wire import FailureOut, IndexReport

Status: TypeAlias = Literal["indexed", "unchanged", "duplicate", "relinked", "skipped", "failed"]

_FIELDS: dict[Status, str] = {
    "indexed": "indexed",
    "unchanged": "unchanged",
    "duplicate": "duplicates",
    "relinked": "relinked",
    "skipped": "skipped",
    "failed": "failed",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file.

    Attributes:
        uri: the file.
        status: ``indexed`` is said once its images are acknowledged.
        ids: of its images (pages); empty for skipped and failed files.
        reason: why it was skipped or failed, or which file holds its bytes already.
    """

    uri: str
    status: Status
    ids: tuple[str, ...] = ()
    reason: str | None = None


OnOutcome: TypeAlias = Callable[[Outcome], None]


class Ledger:
    """Counts outcomes. Images (pages) are counted as indexed, unchanged or relinked; files as anything else."""

    def __init__(self, collection: str, model: str, on_outcome: OnOutcome | None = None) -> None:
        """Start the clock."""
        self.report = IndexReport(collection=collection, model=model)
        self._on_outcome = on_outcome
        self._started = time.monotonic()
        self.files = 0

    @property
    def images(self) -> int:
        """Images done so far."""
        return self.report.indexed + self.report.unchanged + self.report.relinked

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    def note(self, outcome: Outcome) -> None:
        """Count one file."""
        self.files += 1
        name = _FIELDS[outcome.status]
        amount = len(outcome.ids) if outcome.status in {"indexed", "unchanged", "relinked"} else 1
        setattr(self.report, name, getattr(self.report, name) + amount)
        entry = FailureOut(path=outcome.uri, reason=outcome.reason or "")
        if outcome.status == "failed":
            self.report.failures.append(entry)
        elif outcome.status == "duplicate":
            self.report.duplicate_paths.append(entry)
        if self._on_outcome is not None:
            self._on_outcome(outcome)

    def refuse(self, uri: str, reason: str, *, expected: bool) -> None:
        """Count a file without a usable image: failed where one was to be expected of it, else skipped."""
        self.note(Outcome(uri, "failed" if expected else "skipped", reason=reason))

    def conflict(self, uri: str, label: str, kept: str, first: str) -> None:
        """Record that the same bytes have two labels."""
        reason = f"labelled {label!r} here; {kept!r} of {first} is kept; an import overwrites no label"
        self.report.conflicts.append(FailureOut(path=uri, reason=reason))

    def say(self, note: str) -> None:
        """Add a note for the person."""
        self.report.notes.append(note)

    def finish(self) -> IndexReport:
        """Stop the clock and give the report."""
        report = self.report
        if not (report.interrupted or self.images or report.duplicates or report.failed):
            self.say("no image was found there; expected JPEG, PNG, TIFF, WebP, GIF or BMP files")
        report.seconds = round(self.elapsed_s, 3)
        return report
