"""Images whose label becomes another one: what is said of each stays, but for the name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from facies.core.records import ImageRecord, Label

if TYPE_CHECKING:
    from facies.core.workspace import Workspace


def renamed(
    workspace: Workspace,
    collection: str,
    records: Sequence[ImageRecord],
    names: Mapping[str, str],
    *,
    validate: bool = False,
) -> dict[str, Label]:
    """What is said of each image, under the name that its label becomes.

    A prediction keeps its confidence, its novelty and the neighbours that it rests on; a person's remark stays with the
    event that it was made with.

    Args:
        workspace: the open data.
        collection: its name.
        records: labelled images.
        names: the new name by label; each label of the records is among them.
        validate: whether predictions become validated, since somebody has looked at them.

    Returns:
        labels by id, in the order of the records.
    """
    numbers = [record.event for record in records if record.event is not None]
    events = workspace.catalog.label_events(collection, numbers)
    labels = {}
    for record in records:
        name = names[str(record.label)]
        state = "validated" if validate or record.state is None else record.state
        event = None if record.event is None else events.get(record.event)
        if event is None or state != "predicted":
            labels[record.id] = Label(name, state)
        else:
            said = event.label
            labels[record.id] = Label(
                name, state, confidence=said.confidence, novelty=said.novelty, neighbours=said.neighbours
            )
    return labels
