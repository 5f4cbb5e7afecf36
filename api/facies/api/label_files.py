"""Labels to files of other tools and back, and range charts: the use cases behind routes and commands."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Literal

from facies.api.service import Service
from facies.api.where import read_where
from facies.core.actors import Actor
from facies.core.wire_label_files import (
    LabelExportBody,
    LabelExportOut,
    LabelImportBody,
    LabelImportOut,
    RangeChartBody,
    RangeChartOut,
    RangeCountOut,
    RangeSampleOut,
)
from facies.indexer.exchange.labels.exporting import export_labels
from facies.indexer.exchange.labels.importing import import_labels
from facies.indexer.limits import limits_of
from facies.indexer.range_chart import RangeChart, Sample
from facies.indexer.range_chart_plot import draw_range_chart
from facies.indexer.range_chart_source import describe, make_range_chart, write_table


def export_to(service: Service, name: str, target: Path, body: LabelExportBody) -> LabelExportOut:
    """Write labels of a collection to a new file or folder, see `facies.indexer.exchange.labels.exporting`."""
    return export_labels(
        service.workspace,
        name,
        target,
        body.format,
        where=read_where(service.workspace, name, body.where),
        states=body.states,
        depth=body.depth,
        pictures=body.pictures,
        link=body.link,
        limits=limits_of(service.settings),
    )


def import_from(
    service: Service, name: str, path: Path, body: LabelImportBody, actor: Actor, *, called: str | None = None
) -> LabelImportOut:
    """Read labels from a file and give them where that is asked for, see `facies.indexer.exchange.labels.importing`."""
    return import_labels(
        service.workspace,
        name,
        path,
        actor=actor.name,
        verified=actor.verified,
        format_name=body.format,
        replace=body.replace,
        apply=body.apply,
        called=called,
    )


def count_by_depth(service: Service, name: str, body: RangeChartBody) -> RangeChartOut:
    """Count the images of a collection by taxon and depth."""
    chart = _make(service, name, body)
    return RangeChartOut(
        collection=name,
        field=body.field,
        bin=body.bin,
        taxa=list(chart.taxa),
        samples=[_sample_out(chart, sample) for sample in chart.samples],
        images=chart.images,
        without_depth=chart.without_depth,
        without_probability=chart.without_probability,
        notes=describe(chart),
    )


def write_chart(service: Service, name: str, body: RangeChartBody, kind: Literal["csv", "svg"]) -> str:
    """The same as a table or as a picture."""
    chart = _make(service, name, body)
    if kind == "svg":
        return draw_range_chart(chart, f"{name}: images by label and {body.field}", describe(chart))
    text = io.StringIO()
    write_table(chart, text)
    return text.getvalue()


def _make(service: Service, name: str, body: RangeChartBody) -> RangeChart:
    where = read_where(service.workspace, name, body.where)
    return make_range_chart(
        service.workspace, name, body.field, bin_size=body.bin, group=body.group, where=where, order=body.order
    )


def _sample_out(chart: RangeChart, sample: Sample) -> RangeSampleOut:
    return RangeSampleOut(
        group=sample.group or None,
        top=sample.top,
        base=sample.base,
        images=sample.images,
        unnamed=sample.unnamed,
        counts=[
            RangeCountOut(
                taxon=taxon,
                validated=count.validated,
                dubious=count.dubious,
                automatic=count.automatic,
                automatic_right=count.expected,
                automatic_right_low=count.low,
                automatic_right_high=count.high,
            )
            for taxon in chart.taxa
            if (count := sample.counts.get(taxon)) is not None
        ],
    )
