from __future__ import annotations

from facies.indexer.ledger import Ledger, Outcome


def test_outcomes_add_up() -> None:
    told: list[Outcome] = []
    ledger = Ledger("c", "m", told.append)
    outcomes = [
        Outcome("a", "indexed", ("1", "2", "3")),
        Outcome("b", "unchanged", ("4",)),
        Outcome("c", "relinked", ("5", "6")),
        Outcome("d", "duplicate", reason="the same bytes as a"),
        Outcome("e", "failed", reason="cut"),
    ]
    for outcome in outcomes:
        ledger.note(outcome)
    ledger.refuse("f", "hidden", expected=False)
    ledger.refuse("g", "gone", expected=True)
    ledger.conflict("d", "y", "x", "a")
    ledger.say("by the way")
    report = ledger.finish()
    assert (report.indexed, report.unchanged, report.relinked) == (3, 1, 2)
    assert (report.duplicates, report.failed, report.skipped) == (1, 2, 1)
    assert [(f.path, f.reason) for f in report.failures] == [("e", "cut"), ("g", "gone")]
    assert [f.path for f in report.duplicate_paths] == ["d"]
    assert report.conflicts[0].reason == "labelled 'y' here; 'x' of a is kept; an import overwrites no label"
    assert report.notes == ["by the way"]
    assert (ledger.files, ledger.images) == (7, 6)
    assert report.seconds >= 0
    assert told[: len(outcomes)] == outcomes


def test_a_run_that_found_no_image_says_so() -> None:
    ledger = Ledger("c", "m")
    ledger.refuse("notes.txt", "text", expected=False)
    (note,) = ledger.finish().notes
    assert "no image was found" in note
