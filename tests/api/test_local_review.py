from __future__ import annotations

import getpass

import pytest

from facies.api.local import LocalBackend
from facies.api.service import Service
from facies.core.records import LabelBatch
from facies.core.wire_growth import GrowAcceptBody, GrowBody, GrowPageBody
from facies.core.wire_review import QueueBody, RenameBody, UnknownsBody


def test_the_command_line_acts_under_the_name_of_the_account(filled: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "account")
    review = LocalBackend(filled).review
    renamed = review.rename("g", RenameBody(names=["well_log"], to="log"))
    assert (renamed.actor, renamed.images) == ("account", 6)
    assert review.plate("g", "log").images == 6
    assert review.queue("g", QueueBody(by="diverse")).items == []
    catalog = filled.workspace.catalog
    for batch in catalog.label_batches("g"):
        catalog.undo_batch("g", batch.number, LabelBatch("undo", "x"))
    named = review.unknowns("g", UnknownsBody(fewest=3), give=True)
    assert named.batch is not None
    assert named.batch.actor == "account"
    example = named.groups[0].members[0]
    found = review.grow("g", GrowBody(label="new", examples=[example], page=2))
    found = review.grow_page("g", GrowPageBody(state=found.state, verdict="right", page=2))
    assert review.grow_accept("g", GrowAcceptBody(state=found.state)).batch.actor == "account"
