from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from facies.indexer.segmentation.remarks import say, say_findings, shown


def printed(report: dict[str, Any]) -> str:
    text = io.StringIO()
    say_findings(report, "sections", Console(file=text, width=60))
    return text.getvalue()


def test_a_sentence_is_printed_as_it_is() -> None:
    text = io.StringIO()
    say(Console(file=text, width=20), "[red]core[1].png has 0.5 of what was expected of it")
    assert text.getvalue() == "[red]core[1].png has 0.5 of what was expected of it\n"


def test_numbers_have_three_decimals_and_a_dash_where_there_is_none() -> None:
    assert (shown(0.5), shown(None)) == ("0.500", "-")


def test_findings_tell_of_drift_failures_notes_and_what_was_kept() -> None:
    calm, moved = ({"is_drifting": flag, "sentence": "It differs."} for flag in (False, True))
    sections = [
        {"image": "a.png", "drift": calm},
        {"image": "b.png", "drift": moved},
        {"image": "c.png", "drift": None},
    ]
    failed = [{"image": "[d].png", "reason": "truncated"}]
    lines = printed({"sections": sections, "failed": failed, "notes": ["Look here."], "sections_kept": 1}).splitlines()
    assert lines == [
        "b.png: It differs.",
        "not read [d].png: truncated",
        "Look here.",
        "1 of 3 sections was done before and not named again",
    ]


def test_nothing_to_say_prints_nothing() -> None:
    assert printed({"sections": [], "failed": [], "notes": [], "sections_kept": 0}) == ""
