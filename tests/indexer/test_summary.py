from __future__ import annotations

import io

from rich.console import Console

from facies.core.wire import FailureOut, IndexReport
from facies.indexer.summary import print_summary


def shown(report: IndexReport) -> str:
    file = io.StringIO()
    print_summary(report, Console(file=file, width=200))
    return file.getvalue()


def test_counts_failures_and_notes() -> None:
    failures = [FailureOut(path=f"/x/[red]{i}[/].png", reason="cut") for i in range(25)]
    text = shown(
        IndexReport(
            collection="c",
            indexed=1234,
            failed=25,
            duplicates=1,
            failures=failures,
            conflicts=[FailureOut(path="/x/y.png", reason="two labels")],
            duplicate_paths=[FailureOut(path="/x/z.png", reason="the same bytes")],
            seconds=2.0,
            notes=["by the [way]"],
        )
    )
    assert "1,234" in text
    assert "617.0" in text
    assert "/x/[red]0[/].png: cut" in text
    assert "and 5 more" in text
    assert "two labels" in text
    assert "the same bytes" in text
    assert "note: by the [way]" in text
    assert "pruned" not in text


def test_an_empty_report_is_short() -> None:
    text = shown(IndexReport())
    assert "indexed" in text
    assert "images/s" not in text
