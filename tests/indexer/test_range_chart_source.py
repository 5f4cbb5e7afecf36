"""A range chart of a real collection."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from facies.core.errors import CollectionNotFoundError, QueryError
from facies.core.filters import Equals
from facies.core.records import Label, LabelBatch
from facies.core.workspace import Workspace
from facies.indexer.labelling.giving import give_labels
from facies.indexer.range_chart import Count, RangeChart
from facies.indexer.range_chart_source import COLUMNS, describe, list_rows, make_range_chart, write_table

from .conftest import Draw, Index


@pytest.fixture
def depths(workspace: Workspace, index: Index, draw: Draw, tmp_path: Path) -> Workspace:
    """Images at depths of two wells, and one that has none."""
    lines = ["path,label,depth_m,well,note"]
    for number in range(8):
        draw(f"in/{number}.png", number)
        depth = "" if number == 7 else f"{1200 + number * 4}.5"
        lines.append(f"{number}.png,{'a' if number < 3 else ''},{depth},{'w1' if number < 4 else 'w2'},x{number}")
    (tmp_path / "in" / "m.csv").write_text("\n".join(lines))
    index(tmp_path / "in" / "m.csv", labels="manifest")
    return workspace


def ids(workspace: Workspace) -> dict[str, str]:
    return {Path(record.uri).stem: record.id for record in workspace.catalog.iter_images("c")}


def test_counts_come_from_the_collection(depths: Workspace) -> None:
    by_name = ids(depths)
    sure = {by_name["3"]: Label("b", "predicted", 1.0), by_name["4"]: Label("b", "predicted", 0.0)}
    give_labels(depths, "c", sure, LabelBatch("votes", "auto", provenance={"precision": 0.95}))
    give_labels(
        depths, "c", {by_name["5"]: Label("b", "predicted")}, LabelBatch("votes", "x", provenance={"precision": 1})
    )
    give_labels(depths, "c", {by_name["6"]: Label("b", "predicted")}, LabelBatch("votes", "x"))
    chart = make_range_chart(depths, "c", "depth_m", bin_size=100)
    assert chart.taxa == ("a", "b")
    (sample,) = chart.samples
    assert sample.counts == {"a": Count(3, 0, 0, 0.0, 0, 0), "b": Count(0, 0, 4, None, 2, 3)}
    assert (chart.images, chart.without_depth, chart.without_probability) == (7, 1, 1)
    assert len(describe(chart)) == 2


def test_the_table_says_what_the_chart_does(depths: Workspace) -> None:
    chart = make_range_chart(depths, "c", "depth_m", bin_size=10, group="well")
    text = io.StringIO()
    write_table(chart, text)
    rows = list(csv.DictReader(io.StringIO(text.getvalue())))
    assert list(rows[0]) == list(COLUMNS)
    assert [(row["group"], row["top"], row["base"], row["taxon"], row["validated"]) for row in rows] == [
        ("w1", "1200", "1210", "a", "3"),
        ("w1", "1210", "1220", "", ""),
        ("w2", "1210", "1220", "", ""),
        ("w2", "1220", "1230", "", ""),
    ]
    assert [row["taxon"] for row in list_rows(chart)] == ["a", None, None, None]


def test_a_filter_chooses_the_images(depths: Workspace) -> None:
    chart = make_range_chart(depths, "c", "depth_m", where=Equals("well", "w1"))
    assert (chart.images, chart.without_depth) == (4, 0)
    assert describe(chart) == []
    assert isinstance(chart, RangeChart)


@pytest.mark.parametrize(
    ("field", "group", "reason"),
    [
        ("deep", None, "no field 'deep'; it has depth_m, note, well"),
        ("depth_m", "slide", "no field 'slide'"),
        ("note", None, "holds text, expected depths"),
    ],
)
def test_fields_that_make_no_sense_are_refused(depths: Workspace, field: str, group: str | None, reason: str) -> None:
    with pytest.raises(QueryError, match=reason):
        make_range_chart(depths, "c", field, group=group)


def test_no_such_collection(workspace: Workspace) -> None:
    with pytest.raises(CollectionNotFoundError):
        make_range_chart(workspace, "none", "depth_m")
