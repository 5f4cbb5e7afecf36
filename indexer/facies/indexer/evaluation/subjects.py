"""Which images take part in an evaluation, under which label, and in which group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from facies.core.errors import ConfigurationError, QueryError
from facies.core.wire import FailureOut
from facies.indexer.sources import Source, SourceItem, Unusable, promises_no_image

if TYPE_CHECKING:
    from facies.core.records import ImageRecord, Metadata
    from facies.core.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Grouping:
    """Which images are near-duplicates of each other, since they have one source.

    Attributes:
        column: of the manifest, or metadata field of the collection.
        parts: where its values are paths: how many first parts make the group; None: the whole value.
    """

    column: str
    parts: int | None = None

    def group_of(self, metadata: Metadata) -> str | None:
        """The group of an image; None where the column is empty.

        >>> Grouping("source", 1).group_of({"source": "striplog/docs/logs.ipynb"})
        'striplog'
        """
        value = metadata.get(self.column)
        return None if value is None else "/".join(str(value).split("/")[: self.parts])


@dataclass(frozen=True, slots=True)
class Subjects:
    """Labelled files that are to be embedded.

    Attributes:
        items: each with a label, in the order of the source.
        groups: the group of each by URI; None where groups play no part.
        ids: of each by URI, where the images are those of a collection.
        failures: files that the source names but cannot give.
        notes: what a person should know.
    """

    items: tuple[SourceItem, ...]
    groups: Mapping[str, str] | None = None
    ids: Mapping[str, str] = field(default_factory=dict)
    failures: tuple[FailureOut, ...] = ()
    notes: tuple[str, ...] = ()


def list_source(source: Source, grouping: Grouping | None = None) -> Subjects:
    """List the labelled files of a folder, zip or manifest; the source stays open for whoever reads them.

    Raises:
        ConfigurationError: no image has a label, or no image has the column of the groups.
        SourceError: the source cannot be read.
    """
    items: dict[str, SourceItem] = {}
    failures, unlabelled = [], 0
    for entry in source:
        if isinstance(entry, Unusable):
            failures.append(FailureOut(path=entry.uri, reason=entry.reason))
        elif isinstance(entry, SourceItem) and entry.uri in items:
            failures.append(FailureOut(path=entry.uri, reason="the source names it a second time"))
        elif isinstance(entry, SourceItem) and entry.label is not None:
            items[entry.uri] = entry
        elif isinstance(entry, SourceItem) and not promises_no_image(entry.name):
            unlabelled += 1
    if not items:
        raise ConfigurationError(
            f"no image of {source.location} has a label. Put the images of each class into a folder of its own, or "
            "give a manifest (CSV or TSV) with a column `label` and --labels manifest."
        )
    groups, notes = _group({uri: item.metadata for uri, item in items.items()}, grouping)
    notes = [*_note_unlabelled(unlabelled), *notes]
    return Subjects(tuple(items.values()), groups, failures=tuple(failures), notes=tuple(notes))


def list_collection(workspace: Workspace, name: str, grouping: Grouping | None = None) -> Subjects:
    """List the originals of a collection's validated images.

    Pages of a file of several are left out: what a page is embedded from is the whole file.

    Raises:
        CollectionNotFoundError: there is none of this name.
        QueryError: no image has a validated label.
        ConfigurationError: no image has the field of the groups.
    """
    records, notes = list_validated(workspace, name)
    single = {record.uri: record for record in records if record.page is None}
    if len(single) < len(records):
        left_out = len(records) - len(single)
        notes = (
            *notes,
            f"{left_out:,} images take part with stored vectors alone: they are pages of a file of several, or another "
            "image has taken the place of their original",
        )
    groups, more = _group({uri: record.metadata for uri, record in single.items()}, grouping)
    return Subjects(
        tuple(SourceItem(uri, state_title(record), record.label, record.metadata) for uri, record in single.items()),
        groups,
        ids={uri: record.id for uri, record in single.items()},
        notes=(*notes, *more),
    )


def list_validated(workspace: Workspace, name: str) -> tuple[list[ImageRecord], tuple[str, ...]]:
    """Read the records of a collection's validated images, and notes on the others.

    Raises:
        CollectionNotFoundError: there is none of this name.
        QueryError: there are no such images.
    """
    workspace.catalog.collection(name)
    records, others = [], 0
    for record in workspace.catalog.iter_images(name):
        if record.state == "validated" and record.label is not None:
            records.append(record)
        else:
            others += 1
    if not records:
        raise QueryError(
            f"collection {name!r} has no image with a validated label, and {others:,} without. Label some in the web "
            "interface, or index a folder or manifest of labelled images into it (`facies index ... --labels folder`)."
        )
    return records, _note_unlabelled(others)


def group_records(records: Iterable[ImageRecord], grouping: Grouping | None) -> tuple[dict[str, str] | None, list[str]]:
    """Give the group of each record by id, and notes; None without a grouping."""
    return _group({record.id: record.metadata for record in records}, grouping)


def state_title(record: ImageRecord) -> str:
    """What a person knows an image of a collection by: its file with the folder, and its page."""
    name = "/".join(record.uri.split("::")[0].rsplit("/", 2)[-2:])
    return name if record.page is None else f"{name}, page {record.page + 1}"


def _group(metadata: Mapping[str, Metadata], grouping: Grouping | None) -> tuple[dict[str, str] | None, list[str]]:
    if grouping is None:
        return None, []
    groups = {key: grouping.group_of(of_image) for key, of_image in metadata.items()}
    lacking = sum(group is None for group in groups.values())
    if lacking == len(groups):
        there = sorted({column for of_image in metadata.values() for column in of_image})
        raise ConfigurationError(
            f"no labelled image has a value in column {grouping.column!r}, which --group names. "
            + (f"There are: {', '.join(there)}." if there else "A folder has no columns; a manifest or collection has.")
        )
    note = f"{lacking:,} images have no value in column {grouping.column!r}; each counts as a group of its own"
    # A NUL stands in no manifest and in no path, so that these are nobody else's groups.
    return {key: group or f"\0{key}" for key, group in groups.items()}, [note] if lacking else []


def _note_unlabelled(count: int) -> tuple[str, ...]:
    return (f"{count:,} images without a validated label take no part",) if count else ()
