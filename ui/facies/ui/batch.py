"""A batch of files that is named: what became of each, as rows of a table. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

from facies.core.client import File
from facies.core.errors import FaciesError
from facies.core.wire_classify import ClassifiedOut, ClassifyBody, ClassifyOut
from facies.core.wire_search import Example
from facies.ui.confusion import name_of

SLICE_FILES: Final = 16
"""Files that are sent at a time: few enough to see progress, enough to fill the network's batches."""
SLICE_BYTES: Final = 64 * 2**20
"""A slice ends here, well below what a service takes in one request."""

_BESIDE: Final = (
    "set",
    "novelty",
    "strangeness",
    "taxon",
    "taxon_rank",
    "taxon_probability",
    "true_label",
    "error",
)

Verdict: TypeAlias = Literal["label", "set", "unknown", "unreadable", "named"]
VERDICTS: Final[dict[Verdict, str]] = {
    "label": "a label",
    "set": "a set",
    "unknown": "unknown",
    "named": "named",
    "unreadable": "unreadable",
}
"""What can become of a file; ``named`` where no precision was asked for."""


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """How a batch is named, in the words of `facies.core.wire_classify.ClassifyBody`."""

    vector: str | None = None
    precision: float | None = 0.95
    group: str | None = None
    roll_up: float | None = None
    only: tuple[str, ...] = ()
    age: tuple[float | None, float | None] = (None, None)
    depth: tuple[float | None, float | None] = (None, None)

    def body(self, examples: Sequence[Example], *, k: int = 1) -> ClassifyBody:
        """As a question about these examples; ``k`` neighbours are shown."""
        return ClassifyBody(
            examples=list(examples),
            k=k,
            vector=self.vector,
            precision=self.precision,
            group=self.group,
            roll_up=self.roll_up,
            only=list(self.only) or None,
            age=None if self.age == (None, None) else self.age,
            depth=None if self.depth == (None, None) else self.depth,
            skip_unreadable=True,
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file: an answer, or the reason why it could not be read."""

    answer: ClassifiedOut | None = None
    reason: str | None = None

    @property
    def verdict(self) -> Verdict:
        """In one word."""
        if self.answer is None:
            return "unreadable"
        return self.answer.verdict or "named"


@dataclass(slots=True)
class BatchRun:
    """A batch that is being named, or was.

    Attributes:
        collection: whose validated images name it.
        options: how.
        outcomes: by key of the file, in any order.
        last: the newest answer, for what holds of all.
        goes_on: whether what is left is still to be asked about.
        fault: what the service refused it with.
    """

    collection: str
    options: BatchOptions
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    last: ClassifyOut | None = None
    goes_on: bool = True
    fault: FaciesError | None = None

    def take(self, keys: Sequence[str], answer: ClassifyOut) -> None:
        """Keep the answer to a slice of files."""
        failed = {one.example: one.reason for one in answer.failures}
        for place, reason in failed.items():
            self.outcomes[keys[place]] = Outcome(reason=reason)
        read = (key for place, key in enumerate(keys) if place not in failed)
        for key, one in zip(read, answer.predictions, strict=True):
            self.outcomes[key] = Outcome(one)
        if answer.predictions or self.last is None:
            self.last = answer


def cut_slices(files: Iterable[tuple[str, int]]) -> Iterator[list[str]]:
    """Cut files, given by key and size, into slices that are sent one after the other.

    >>> list(cut_slices([("a", 60 << 20), ("b", 10 << 20), ("c", 1)]))
    [['a'], ['b', 'c']]
    """
    part: list[str] = []
    size = 0
    for key, bytes_ in files:
        if part and (len(part) == SLICE_FILES or size + bytes_ > SLICE_BYTES):
            yield part
            part, size = [], 0
        part.append(key)
        size += bytes_
    if part:
        yield part


def ask(options: BatchOptions, files: Sequence[File], *, k: int = 1) -> tuple[ClassifyBody, list[File]]:
    """The question about some files, and the files."""
    return options.body([Example(upload=place) for place in range(len(files))], k=k), list(files)


def table_row(name: str, outcome: Outcome, truth: str | None) -> dict[str, Any]:
    """A row for the eye; probabilities in per cent."""
    row: dict[str, Any] = {"file": name, "verdict": VERDICTS[outcome.verdict]}
    answer = outcome.answer
    first = answer.top[0] if answer is not None and answer.top else None
    row |= {"label": first and first.label, "probability": first and 100 * first.probability}
    if truth is not None:
        row |= {"is": truth, "right": None if first is None else first.label == truth}
    if answer is None:
        return row | {"then": outcome.reason}
    row["then"] = ", ".join(f"{one.label} {one.probability:.0%}" for one in answer.top[1:])
    row["set"] = ", ".join(answer.set or ())
    if answer.rolled_up is not None:
        row["taxon"] = answer.rolled_up.taxon
        row["rank"] = answer.rolled_up.rank
    row |= {
        "novelty": answer.novelty,
        "stranger than": None if answer.strangeness is None else 100 * answer.strangeness,
    }
    return row


def write_table(rows: Iterable[tuple[str, Outcome, str | None]]) -> str:
    """All that is known of each file, as CSV: probabilities from 0 to 1, sets parted by ``|``.

    Args:
        rows: name, outcome, and what the file really shows.
    """
    listed = list(rows)
    most = max((len(one.answer.top) for _, one, _ in listed if one.answer is not None), default=0)
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    ranks = [text for place in range(1, most + 1) for text in (f"label_{place}", f"probability_{place}")]
    table.writerow(["file", "verdict", *ranks, *_BESIDE])
    table.writerows(_full_row(name, one, truth, most) for name, one, truth in listed)
    return out.getvalue()


def confused(rows: Iterable[tuple[Outcome, str | None]], *, apart: bool) -> list[tuple[str, str]]:
    """Pairs of a true label and the name given, of the files whose label is known.

    Args:
        rows: outcome, and what the file really shows.
        apart: whether files without a single label at the precision asked for stand apart.
    """
    return [
        (truth, name_of(one.answer.top[0].label, one.answer.verdict if apart else None))
        for one, truth in rows
        if truth is not None and one.answer is not None and one.answer.top
    ]


def _full_row(name: str, outcome: Outcome, truth: str | None, most: int) -> list[str]:
    answer = outcome.answer
    if answer is None:
        return [name, outcome.verdict, *[""] * (2 * most + 6), truth or "", outcome.reason or ""]
    ranks = [text for one in answer.top for text in (one.label, f"{one.probability:.6f}")]
    ranks += [""] * (2 * (most - len(answer.top)))
    taxon = answer.rolled_up
    above = ["", "", ""] if taxon is None else [taxon.taxon, taxon.rank or "", f"{taxon.probability:.6f}"]
    numbers = ["" if value is None else f"{value:.6f}" for value in (answer.novelty, answer.strangeness)]
    return [name, outcome.verdict, *ranks, "|".join(answer.set or ()), *numbers, *above, truth or "", ""]
