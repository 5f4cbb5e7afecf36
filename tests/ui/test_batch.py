from __future__ import annotations

import csv
from typing import Any

import pytest

from facies.core.wire_classify import ClassifiedOut, ClassifyOut, UnreadableOut
from facies.ui.batch import (
    SLICE_FILES,
    BatchOptions,
    BatchRun,
    Outcome,
    ask,
    confused,
    cut_slices,
    table_row,
    write_table,
)
from facies.ui.confusion import UNKNOWN


def classified(name: str, *top: tuple[str, float], **more: Any) -> ClassifiedOut:
    labels = [{"label": label, "probability": share} for label, share in top]
    return ClassifiedOut.model_validate({"name": name, "top": labels, "neighbours": [], **more})


def answer(*predictions: ClassifiedOut, failed: tuple[int, ...] = ()) -> ClassifyOut:
    failures = [UnreadableOut(example=place, name="x", reason="no image") for place in failed]
    return ClassifyOut(collection="c", vector="v", k=1, predictions=list(predictions), failures=failures)


SURE = classified("a.png", ("azolla", 0.9), ("other", 0.1), verdict="label", set=["azolla"], novelty=0.25)
UNSURE = classified("b,\u00e9.png", ("azolla", 0.4), verdict="unknown", set=["azolla", "other"], strangeness=0.5)


def test_files_are_cut_by_number_and_by_size() -> None:
    slices = list(cut_slices((str(n), 1) for n in range(SLICE_FILES + 1)))
    assert [len(one) for one in slices] == [SLICE_FILES, 1]
    assert list(cut_slices([("large", 10**9), ("small", 1)])) == [["large"], ["small"]]
    assert list(cut_slices([])) == []


def test_the_question_says_only_what_was_chosen() -> None:
    body, files = ask(BatchOptions(age=(None, 56.0)), [("a.png", b"x"), ("b.png", b"y")])
    assert body.model_dump(exclude_defaults=True) == {
        "examples": [{"upload": 0}, {"upload": 1}],
        "k": 1,
        "precision": 0.95,
        "age": (None, 56.0),
        "skip_unreadable": True,
    }
    assert [name for name, _ in files] == ["a.png", "b.png"]
    assert ask(BatchOptions(precision=None), files)[0].precision is None


def test_an_answer_is_kept_by_file_whatever_failed_between() -> None:
    run = BatchRun("c", BatchOptions())
    run.take(["1", "2", "3"], answer(SURE, UNSURE, failed=(1,)))
    assert [run.outcomes[key].verdict for key in "123"] == ["label", "unreadable", "unknown"]
    assert run.outcomes["3"].answer == UNSURE
    last = run.last
    run.take(["4"], answer(failed=(0,)))
    assert run.outcomes["4"].reason == "no image"
    assert run.last is last, "an answer without predictions tells nothing of the others"


def test_rows_and_the_table_agree() -> None:
    outcomes: list[tuple[str, Outcome, str | None]] = [
        ("a.png", Outcome(SURE), "azolla"),
        ("b,\u00e9.png", Outcome(UNSURE), "other"),
        ("bad.png", Outcome(reason="no image"), None),
    ]
    first = table_row(*outcomes[0])
    assert (first["label"], first["probability"], first["right"], first["then"]) == ("azolla", 90, True, "other 10%")
    assert table_row(*outcomes[1])["right"] is False
    assert table_row(*outcomes[2])["then"] == "no image"
    rows = list(csv.DictReader(write_table(outcomes).splitlines()))
    assert [row["file"] for row in rows] == ["a.png", "b,\u00e9.png", "bad.png"]
    assert [row["verdict"] for row in rows] == ["label", "unknown", "unreadable"]
    assert (rows[0]["label_2"], float(rows[0]["probability_2"]), rows[0]["novelty"]) == ("other", 0.1, "0.250000")
    assert (rows[1]["set"], rows[1]["label_2"], rows[1]["true_label"]) == ("azolla|other", "", "other")
    assert (rows[2]["error"], rows[2]["label_1"]) == ("no image", "")
    assert all(None not in row and None not in row.values() for row in rows)


@pytest.mark.parametrize(("apart", "second"), [(True, UNKNOWN), (False, "azolla")])
def test_only_files_whose_label_is_known_are_held_against_it(apart: bool, second: str) -> None:
    rows = [(Outcome(SURE), "azolla"), (Outcome(UNSURE), "other"), (Outcome(SURE), None), (Outcome(reason="x"), "a")]
    assert confused(rows, apart=apart) == [("azolla", "azolla"), ("other", second)]
