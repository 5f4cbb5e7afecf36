from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from rich.console import Console

from facies.api.growth_tables import print_grown, print_growth
from facies.core.wire_growth import AuditOut, CutBody, GrownOut, GrowOut, GrowthState
from facies.core.wire_labels import LabelBatchOut

ID = "0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e"
CUT = CutBody(lead=0.25, id=ID)
STATE = GrowthState(label="[b]pinus", vector="v", made_by="0" * 16, examples=[ID])


def shown(**changes: object) -> str:
    values: dict[str, object] = {
        "state": STATE,
        "ask": "accept",
        "images": [],
        "candidates": 1_000,
        "right": 30,
        "unseen": 10,
        "open": 4,
        "audit": None,
    }
    out = io.StringIO()
    print_growth(GrowOut(**(values | changes)), Console(file=out, width=160))
    return out.getvalue()


AUDIT = AuditOut(right=18, total=20, low=0.683, high=0.988, enough=True)


@pytest.mark.parametrize(
    ("changes", "command"),
    [
        ({"state": STATE.model_copy(update={"page": [CUT]}), "ask": "page"}, "grow right 3 7"),
        ({"state": STATE.model_copy(update={"sample": [CUT]}), "ask": "audit"}, "grow audited 2"),
        ({"ask": "audit"}, "grow audit"),
        ({"audit": AUDIT}, "grow accept"),
        ({"audit": AUDIT.model_copy(update={"enough": False})}, "grow shorten"),
        ({"right": 0, "unseen": 0}, "other examples"),
    ],
)
def test_what_comes_next_is_said(changes: dict[str, object], command: str) -> None:
    said = shown(**changes)
    assert command in said.splitlines()[-1]
    assert "[b]pinus" in said


def test_an_audit_is_told_with_its_interval() -> None:
    said = shown(audit=AUDIT)
    assert "18 of 20 were right, so between 68% and 99% of the unseen ones are right (95 %)" in said
    assert "30 of 1,000 candidates" in said
    assert "20 seen, 10 unseen; 4 still open" in said


def test_what_was_given_can_be_taken_back() -> None:
    batch = LabelBatchOut(
        number=7,
        collection="g",
        source="bisection",
        actor="Ann",
        verified=False,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        provenance={},
        undoes=None,
        in_effect=True,
        images=34,
    )
    out = io.StringIO()
    made = GrownOut(batch=batch, validated=20, predicted=13, rejected=1, confidence=0.684)
    print_grown(made, "[b]pinus", Console(file=out, width=160))
    assert "20 images validated as [b]pinus, 13 predicted (probability 0.68), 1 rejected, batch 7" in out.getvalue()
    assert "facies label undo 7 -c g" in out.getvalue()
    assert "note" not in out.getvalue()
    print_grown(made.model_copy(update={"notes": ["5 [b]left"]}), "pinus", Console(file=out, width=160))
    assert "note: 5 [b]left" in out.getvalue()
