from __future__ import annotations

import pytest

from facies.core.records import Label, LabelBatch
from facies.core.workspace import Workspace
from facies.indexer.labelling.giving import give_labels
from facies.indexer.labelling.renaming import renamed

from .conftest import NAME


@pytest.mark.parametrize("validate", [False, True])
def test_what_is_said_stays_but_for_the_name(opened: Workspace, ids: list[str], validate: bool) -> None:
    predicted = Label("azola", "predicted", confidence=0.75, novelty=0.5, neighbours=(ids[0],))
    give_labels(opened, NAME, {ids[5]: predicted}, LabelBatch("votes", "test"))
    give_labels(opened, NAME, {ids[6]: Label("azola", "dubious", note="or is it?")}, LabelBatch("person", "test"))
    give_labels(opened, NAME, {ids[7]: Label("pine", "rejected")}, LabelBatch("person", "test"))
    records = [record for record in opened.catalog.iter_images(NAME) if record.label is not None]
    found = renamed(opened, NAME, records, {"azola": "azolla", "pine": "Pinus", "azolla": "azolla"}, validate=validate)
    assert list(found) == [record.id for record in records]
    if validate:
        assert {label.state for label in found.values()} == {"validated"}
        assert found[ids[5]] == Label("azolla", "validated")
        return
    assert found[ids[0]] == Label("azolla", "validated")
    assert found[ids[5]] == Label("azolla", "predicted", confidence=0.75, novelty=0.5, neighbours=(ids[0],))
    assert found[ids[6]] == Label("azolla", "dubious"), "a remark stays with the event that it was made with"
    assert found[ids[7]] == Label("Pinus", "rejected")
