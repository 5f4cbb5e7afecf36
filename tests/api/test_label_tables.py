"""What a person at a terminal sees of labels in files."""

from __future__ import annotations

import io

from rich.console import Console

from facies.api.label_tables import print_chart, print_export, print_import
from facies.core.wire_label_files import (
    LabelExportOut,
    LabelImportOut,
    LabelIssueOut,
    LeftOutOut,
    RangeChartOut,
    RangeCountOut,
    RangeSampleOut,
)


def console() -> Console:
    return Console(file=io.StringIO(), width=200)


def text_of(made: Console) -> str:
    assert isinstance(made.file, io.StringIO)
    return made.file.getvalue()


def test_what_was_left_out_is_said_with_its_number() -> None:
    left = [LeftOutOut(image=f"[{n}].tif", reason="gone") for n in range(30)]
    report = LabelExportOut(
        collection="g", file="o", format="ecotaxa", rows=40, labelled=9, pictures=10, left_out=left, left_out_count=99,
        notes=["n"], seconds=1,
    )  # fmt: skip
    print_export(report, out := console())
    said = text_of(out)
    assert "40 images of g, 9 labelled, 10 of them with their file" in said
    assert "[19].tif: gone" in said
    assert "[20].tif" not in said
    assert "99 images were left out in all" in said


def test_an_import_says_what_it_would_do_and_why_not_more() -> None:
    issue = LabelIssueOut(line=7, image=None, reason="[no] image")
    report = LabelImportOut(
        collection="g", file="f.csv", format="csv", applied=False, batch=None, rows=10, labels=3, predictions=1,
        replaced=1, unchanged=2, unlabelled=1, matched={"id": 8}, conflicts=[issue], conflict_count=1, problems=[issue],
        problem_count=30, notes=[], seconds=1,
    )  # fmt: skip
    print_import(report, out := console())
    said = text_of(out)
    for part in (
        "would give",
        "1 in place of a prediction, 1 in place of what a person said",
        "conflict line 7: [no] image",
        "30 problems in all",
        "--apply gives these labels",
    ):
        assert part in said


def test_a_chart_on_the_terminal_has_bounds() -> None:
    counts = [
        RangeCountOut(
            taxon="[a]", validated=2, dubious=0, automatic=5, automatic_right=4.1, automatic_right_low=3,
            automatic_right_high=5,
        ),
        RangeCountOut(
            taxon="b", validated=0, dubious=1, automatic=0, automatic_right=0, automatic_right_low=0,
            automatic_right_high=0,
        ),
    ]  # fmt: skip
    sample = RangeSampleOut(group="w", top=0, base=10, images=9, unnamed=1, counts=counts)
    chart = RangeChartOut(
        collection="g", field="d", bin=10, taxa=["[a]", "b"], samples=[sample], images=8, without_depth=0,
        without_probability=0, notes=["a note"],
    )  # fmt: skip
    print_chart(chart, [], out := console())
    said = text_of(out)
    for part in ("0 to 10", "3 to 5", "1 without a name", "[a]", "note: a note"):
        assert part in said
