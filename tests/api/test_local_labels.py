from __future__ import annotations

import getpass

import pytest

from facies.api.local import LocalBackend
from facies.api.service import Service
from facies.core.wire_labels import LabelBody


def test_the_command_line_acts_under_the_name_of_the_account(filled: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "account")
    labels = LocalBackend(filled).labels
    one = filled.workspace.catalog.list_images("g", limit=1)[0]
    made = labels.give("g", LabelBody.model_validate({"labels": [{"id": one.id, "label": "x"}]}))
    assert (made.actor, labels.undo("g", made.number).actor) == ("account", "account")
    assert labels.batches("g").batches[0].undoes == made.number
    assert labels.history("g", one.id).events[-1].label == "x"
    assert labels.check("g", mend=False).drifted == 0
