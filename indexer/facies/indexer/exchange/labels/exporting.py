"""The labels of a collection into a file or folder that other tools read."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from facies.core.errors import QueryError, StoreError
from facies.core.new_files import check_new_folder, check_target, new_file, new_folder
from facies.core.wire_label_files import LabelExportOut, LeftOutOut
from facies.indexer.exchange.labels.collecting import collect_rows
from facies.indexer.exchange.labels.formats import Format, find_format
from facies.indexer.exchange.labels.label_row import STATES, About, LabelRow
from facies.indexer.limits import Limits
from facies.indexer.progress import ProgressUpdate

if TYPE_CHECKING:
    from facies.core.filters import Filter
    from facies.core.wire_label_files import LinkKind
    from facies.core.workspace import Workspace
    from facies.indexer.progress import OnProgress

DEPTH = "depth_m"
"""The field that holds depths unless another one is named."""
SHOWN = 1000
"""What was left out is listed up to here; its number is told in any case."""
_TOLD_EVERY = 1000


@dataclass(slots=True)
class _Counted:
    """Rows on their way, counted."""

    rows: Iterable[LabelRow]
    total: int
    progress: OnProgress | None
    labelled: int = 0

    def __iter__(self) -> Iterator[LabelRow]:
        started = time.monotonic()
        for number, row in enumerate(self.rows, 1):
            self.labelled += row.label is not None
            if self.progress is not None and number % _TOLD_EVERY == 0:
                elapsed = time.monotonic() - started
                self.progress(ProgressUpdate(done=number, total=self.total, images=number, elapsed_s=elapsed))
            yield row


def export_labels(
    workspace: Workspace,
    name: str,
    target: Path,
    format_name: str,
    *,
    where: Filter | None = None,
    states: Collection[str] = (),
    depth: str | None = None,
    pictures: bool = False,
    link: LinkKind | None = None,
    limits: Limits | None = None,
    progress: OnProgress | None = None,
) -> LabelExportOut:
    """Write the labels of a collection, complete or not at all.

    Args:
        workspace: the open data.
        name: of the collection.
        target: a new file with a suffix of the format, or a new folder.
        format_name: see `facies.indexer.exchange.labels.formats`.
        where: only images that match.
        states: only labels in one of these states; empty for all images.
        depth: metadata field that holds depths in metres; None: ``depth_m``, where that holds numbers.
        pictures: whether the images go along in an EcoTaxa zip file; an image folder holds them always.
        link: in an image folder, links to the originals in place of copies.
        limits: of originals that are read.
        progress: told now and then.

    Raises:
        CollectionNotFoundError: there is none of this name.
        QueryError: there is no such format or field, or the format has no room for pictures or links.
        ConfigurationError: the target does not fit, or is there already.
        StorageError: the disk is full; nothing is left behind.
    """
    started = time.monotonic()
    found = find_format(format_name)
    about = _describe(workspace, name, found, target, depth=depth, pictures=pictures, link=link, limits=limits)
    check_states(states)
    rows = _Counted(collect_rows(workspace, name, where=where, states=states), workspace.catalog.count(name), progress)
    if found.suffixes:
        check_target(target, found.suffixes)
    else:
        check_new_folder(target)
    try:
        with new_file(target) if found.suffixes else new_folder(target) as part:
            written = found.write(rows, part, about)
    except (pa.ArrowException, OverflowError, ValueError) as error:
        raise StoreError(f"collection {name!r} has a value that {found.name} cannot hold: {error}") from error
    return LabelExportOut(
        collection=name,
        file=str(target.absolute()),
        format=found.name,
        rows=written.rows,
        labelled=rows.labelled,
        pictures=written.pictures,
        left_out=[LeftOutOut(image=one.image, reason=one.reason) for one in written.left_out[:SHOWN]],
        left_out_count=len(written.left_out),
        notes=written.notes,
        seconds=round(time.monotonic() - started, 3),
    )


def check_states(states: Collection[str]) -> None:
    """Refuse what is no state of a label.

    Raises:
        QueryError: names it.
    """
    for state in states:
        if state not in STATES:
            raise QueryError(f"{state!r} is no state of a label, expected one of {', '.join(STATES)}")


def _describe(
    workspace: Workspace,
    name: str,
    found: Format,
    target: Path,
    *,
    depth: str | None,
    pictures: bool,
    link: str | None,
    limits: Limits | None,
) -> About:
    collection = workspace.catalog.collection(name)
    fields = workspace.catalog.metadata_fields(name)
    if link is not None and found.name != "image-folder":
        raise QueryError(f"links are for image-folder, not for {found.name}")
    if pictures and not found.has_pictures:
        raise QueryError(f"{found.name} has no room for the images themselves; image-folder and ecotaxa have")
    table_only = target.name.endswith(".tsv")
    if pictures and table_only:
        raise QueryError(f"{target.name} is a table alone; the images go along in a file *.zip")
    bounds: dict[str, Any] = (
        {} if limits is None else {"max_bytes": limits.max_file_bytes, "max_pixels": limits.max_pixels}
    )
    return About(
        collection=name,
        preset=collection.preset,
        fields=fields,
        depth=_find_depth(name, fields, depth),
        pictures=pictures,
        link=link,
        table_only=table_only,
        **bounds,
    )


def _find_depth(name: str, fields: Any, depth: str | None) -> str | None:
    if depth is None:
        return DEPTH if fields.get(DEPTH) in {"integer", "float"} else None
    if depth not in fields:
        raise QueryError(f"collection {name!r} has no field {depth!r}; it has {', '.join(sorted(fields)) or 'none'}")
    if fields[depth] == "keyword":
        raise QueryError(f"field {depth!r} of collection {name!r} holds text, expected depths in metres")
    return depth
