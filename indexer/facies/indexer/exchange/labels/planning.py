"""What an import would do: which labels it gives, and what keeps the others from being given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from dataclasses import replace as replace_fields
from functools import cache, partial
from itertools import islice
from typing import TYPE_CHECKING, Final, TypeAlias

from facies.core.catalog.labelling import check_labels
from facies.core.errors import QueryError, UnknownTaxonError
from facies.core.records import Label
from facies.indexer.exchange.labels.label_row import LabelRow, ReadRow, Unread
from facies.indexer.exchange.labels.matching import Match, Matcher

if TYPE_CHECKING:
    from facies.core.records import LabelEventRecord
    from facies.core.taxonomy import Taxonomy
    from facies.core.workspace import Workspace

_LookUp: TypeAlias = "Callable[[str], str | UnknownTaxonError]"

_BATCH: Final = 1000
_SAID: Final = frozenset({"validated", "dubious", "rejected"})
"""States that a person, or a file, has given; a prediction is none of them."""


@dataclass(frozen=True, slots=True)
class Issue:
    """A row that is not imported.

    Attributes:
        line: of the row.
        image: id of its image, where that is known.
        reason: why not.
    """

    line: int
    image: str | None
    reason: str


@dataclass(slots=True)
class Plan:
    """What an import would do.

    Attributes:
        rows: how many the file has.
        labels: what would be given, by id of the image.
        seen: version of the label that each of these images has now.
        origins: rows of these images, for what they say of where their labels come from.
        matched: rows by what told their image.
        unlabelled: rows without a label.
        unchanged: rows that say what is known.
        predictions: how many of the labels would take the place of a prediction.
        replaced: how many of what a person has said.
        stateless: labels without a state, taken as validated.
        conflicts: rows whose image has been named otherwise.
        problems: rows that cannot be read, or have no image.
    """

    rows: int = 0
    labels: dict[str, Label] = field(default_factory=dict)
    seen: dict[str, int | None] = field(default_factory=dict)
    origins: dict[str, LabelRow] = field(default_factory=dict)
    matched: dict[str, int] = field(default_factory=dict)
    unlabelled: int = 0
    unchanged: int = 0
    predictions: int = 0
    replaced: int = 0
    stateless: int = 0
    conflicts: list[Issue] = field(default_factory=list)
    problems: list[Issue] = field(default_factory=list)

    @property
    def usable(self) -> bool:
        """Whether any row has a label for an image of the collection, even if it is the one that is there."""
        return bool(self.labels or self.unchanged or self.conflicts)


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a row says of its image, and what the image is called now."""

    line: int
    row: LabelRow
    image_id: str
    label: str | None
    state: str | None
    event: int | None


def plan_import(workspace: Workspace, name: str, lines: Iterable[ReadRow | Unread], *, replace: bool = False) -> Plan:
    """Hold the rows of a file against a collection; nothing is written.

    An image without a label, or with a prediction, takes what the file says, and so does one whose label was rejected
    where the file predicts another. What else a person or an earlier import has said stays, and the row is a conflict,
    unless ``replace`` is given; a prediction never takes its place. Rows that say different things of one image are
    conflicts, all of them.

    Where the collection uses a taxonomy, labels become accepted names of it, and a row whose label is no taxon is a
    problem that says what it may have meant. What is rejected, or what the image is called already, is taken as it is.

    Args:
        workspace: the open data.
        name: of the collection.
        lines: of the file.
        replace: whether the file's word counts for more than what was said here.

    Raises:
        CollectionNotFoundError: there is none of this name.
        SourceError: the file turns out not to be what it should.
    """
    look_up: _LookUp = cache(partial(_look_up, workspace.catalog.taxonomy_of(name)))
    plan = Plan()
    claims: dict[str, _Claim] = {}
    disputed: dict[str, list[_Claim]] = {}
    matcher = Matcher(workspace.catalog, name)
    rows = _readable(lines, plan)
    while batch := list(islice(rows, _BATCH)):
        for read, match in zip(batch, matcher.match([one.row for one in batch]), strict=True):
            _note(read, match, plan, claims, disputed, look_up=look_up)
    for image_id, rivals in disputed.items():
        first = claims.pop(image_id)
        listed = ", ".join(str(one.line) for one in [first, *rivals])
        for one in [first, *rivals]:
            plan.conflicts.append(Issue(one.line, image_id, f"lines {listed} say different things of this image"))
    pending = iter(claims.values())
    while some := list(islice(pending, _BATCH)):
        numbers = [one.event for one in some if one.event is not None]
        events = workspace.catalog.label_events(name, numbers)
        for one in some:
            _decide(one, events.get(one.event or 0), plan, replace=replace)
    plan.conflicts.sort(key=lambda issue: issue.line)
    return plan


def _readable(lines: Iterable[ReadRow | Unread], plan: Plan) -> Iterator[ReadRow]:
    for line in lines:
        plan.rows += 1
        if isinstance(line, Unread):
            plan.problems.append(Issue(line.line, None, line.reason))
        else:
            yield line


def _note(
    read: ReadRow,
    match: Match | str,
    plan: Plan,
    claims: dict[str, _Claim],
    disputed: dict[str, list[_Claim]],
    *,
    look_up: _LookUp,
) -> None:
    if isinstance(match, str):
        plan.problems.append(Issue(read.line, None, match))
        return
    plan.matched[match.by] = plan.matched.get(match.by, 0) + 1
    if read.row.label is None:
        plan.unlabelled += 1
        return
    record = match.record
    as_it_is = read.row.state == "rejected" or read.row.label == record.label
    try:
        check_labels({record.id: label_of(read.row)})
        label = read.row.label if as_it_is else look_up(read.row.label)
    except QueryError as error:
        plan.problems.append(Issue(read.line, record.id, error.message))
        return
    if isinstance(label, UnknownTaxonError):
        plan.problems.append(Issue(read.line, record.id, label.message))
        return
    # Of many rows, only what is still wanted is kept.
    row = replace_fields(read.row, label=label, sha256=None, uri=None, metadata={})
    claim = _Claim(read.line, row, record.id, record.label, record.state, record.event)
    first = claims.setdefault(record.id, claim)
    if first is not claim:
        if label_of(first.row) != label_of(row):
            disputed.setdefault(record.id, []).append(claim)
        else:
            plan.unchanged += 1


def _look_up(taxonomy: Taxonomy | None, label: str) -> str | UnknownTaxonError:
    """The accepted name of a label, or why there is none; asked once for each label, since guesses take their time."""
    if taxonomy is None:
        return label
    try:
        return taxonomy.resolve(label)
    except UnknownTaxonError as error:
        return error


def label_of(row: LabelRow) -> Label:
    """What a row says of its image; a label without a state is validated, as in folders and manifests."""
    return Label(
        label=row.label or "",
        state=row.state or "validated",
        confidence=row.confidence,
        novelty=row.novelty,
        neighbours=row.neighbours,
        note=row.note,
    )


def _decide(claim: _Claim, event: LabelEventRecord | None, plan: Plan, *, replace: bool) -> None:
    label = label_of(claim.row)
    if claim.label == label.label and claim.state == label.state and _adds_nothing(label, event):
        plan.unchanged += 1
        return
    another = claim.state == "rejected" and label.state == "predicted" and label.label != claim.label
    if claim.state in _SAID and not another and (not replace or label.state == "predicted"):
        kept = "; a prediction never takes its place" if replace else ""
        said = f"it is {claim.label!r} ({claim.state}) here and {label.label!r} ({label.state}) in the file"
        plan.conflicts.append(Issue(claim.line, claim.image_id, said + kept))
        return
    plan.labels[claim.image_id] = label
    plan.seen[claim.image_id] = claim.event
    plan.origins[claim.image_id] = claim.row
    plan.stateless += claim.row.state is None
    plan.predictions += claim.state == "predicted"
    plan.replaced += claim.state in _SAID and not another


def _adds_nothing(label: Label, event: LabelEventRecord | None) -> bool:
    return label.note is None or (event is not None and event.label.note == label.note)
