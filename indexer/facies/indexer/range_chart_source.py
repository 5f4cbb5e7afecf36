"""The images of a collection at their depths, and a range chart of them as a table."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, Final

from facies.core.errors import QueryError
from facies.core.filters import Filter, matches
from facies.indexer.collections import payload_of
from facies.indexer.exchange.labels.text_tables import TableWriter
from facies.indexer.range_chart import Order, RangeChart, Sighting, count_ranges

if TYPE_CHECKING:
    from facies.core.records import ImageRecord, LabelEventRecord
    from facies.core.workspace import Workspace

BATCH: Final = 2000
COLUMNS: Final = (
    "group",
    "top",
    "base",
    "images",
    "unnamed",
    "taxon",
    "validated",
    "dubious",
    "automatic",
    "automatic_right",
    "automatic_right_low",
    "automatic_right_high",
)


def make_range_chart(
    workspace: Workspace,
    name: str,
    depth: str,
    *,
    bin_size: float | None = None,
    group: str | None = None,
    where: Filter | None = None,
    order: Order = "top",
) -> RangeChart:
    """Count the images of a collection by taxon and depth.

    Args:
        workspace: the open data.
        name: of the collection.
        depth: metadata field that holds depths.
        bin_size: height of a sample; None: each depth is one.
        group: metadata field by which samples are kept apart, e.g. of wells.
        where: only images that match.
        order: of the taxa, see `count_ranges`.

    Raises:
        CollectionNotFoundError: there is none of this name.
        QueryError: there are no such fields, the depths are text, or the height of a sample makes no sense.
    """
    workspace.catalog.collection(name)
    fields = workspace.catalog.metadata_fields(name)
    for wanted in filter(None, (depth, group)):
        if wanted not in fields:
            raise QueryError(
                f"collection {name!r} has no field {wanted!r}; it has {', '.join(sorted(fields)) or 'none'}"
            )
    if fields[depth] == "keyword":
        raise QueryError(
            f"field {depth!r} of collection {name!r} holds text, expected depths: numbers. A column is one of numbers "
            "where all its cells are; index the manifest again once it is mended"
        )
    return count_ranges(_read(workspace, name, depth, group, where), depth, bin_size=bin_size, order=order)


def write_table(chart: RangeChart, text: IO[str]) -> None:
    """Write a chart as CSV: a row for each taxon in each sample, and one without taxon for a sample of none."""
    table = TableWriter(text)
    table.write(COLUMNS)
    for row in list_rows(chart):
        table.write("" if row[name] is None else _text(row[name]) for name in COLUMNS)


def list_rows(chart: RangeChart) -> Iterator[dict[str, Any]]:
    """Give the rows of the table, the taxa in the order of the chart."""
    for sample in chart.samples:
        whole = {
            "group": sample.group or None,
            "top": sample.top,
            "base": sample.base,
            "images": sample.images,
            "unnamed": sample.unnamed,
        }
        there = [taxon for taxon in chart.taxa if taxon in sample.counts]
        if not there:
            yield whole | dict.fromkeys(COLUMNS[len(whole) :])
        for taxon in there:
            count = sample.counts[taxon]
            yield whole | {
                "taxon": taxon,
                "validated": count.validated,
                "dubious": count.dubious,
                "automatic": count.automatic,
                "automatic_right": count.expected,
                "automatic_right_low": count.low,
                "automatic_right_high": count.high,
            }


def describe(chart: RangeChart) -> list[str]:
    """What a person should know who reads the chart."""
    said = []
    if chart.without_depth:
        said.append(f"{chart.without_depth:,} images have no {chart.field} and are in no sample")
    if chart.without_probability:
        said.append(
            f"{chart.without_probability:,} automatic labels came without a probability: any number of them may be "
            "right"
        )
    return said


def _read(
    workspace: Workspace, name: str, depth: str, group: str | None, where: Filter | None
) -> Iterator[Sighting | None]:
    records = workspace.catalog.iter_images(name)
    while batch := list(islice(records, BATCH)):
        chosen = [one for one in batch if where is None or matches(where, payload_of(one))]
        numbers = [one.event for one in chosen if one.event is not None and one.state == "predicted"]
        events = workspace.catalog.label_events(name, numbers)
        for record in chosen:
            yield _sighting(record, events.get(record.event or 0), depth, group)


def _sighting(record: ImageRecord, event: LabelEventRecord | None, depth: str, group: str | None) -> Sighting | None:
    found = record.metadata.get(depth)
    if found is None or isinstance(found, str):
        return None
    return Sighting(
        depth=float(found),
        group="" if group is None else str(record.metadata.get(group, "")),
        taxon=record.label,
        state=record.state,
        probability=None if event is None else _probability(event),
    )


def _probability(event: LabelEventRecord) -> float | None:
    """That of the label itself, else the precision that was asked for when its batch was labelled."""
    if event.label.confidence is not None:
        return event.label.confidence
    asked = event.batch.provenance.get("precision")
    return float(asked) if isinstance(asked, int | float) and 0 <= asked <= 1 else None


def _text(value: Any) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)
