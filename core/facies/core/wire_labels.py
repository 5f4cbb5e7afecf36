"""Bodies of the HTTP API about labels: given, taken back, and their history."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from facies.core.records import LabelSource, LabelState
from facies.core.wire import ImageIdText

MOST_LABELS = 10_000
"""In one request; a program sends several, an automatic run has a request of its own."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LabelIn(_Body):
    """What a person says of one image."""

    id: ImageIdText
    label: str = Field(description="A name; where the collection uses a taxonomy, one of its taxa.")
    state: LabelState = Field("validated", description="How it is meant; `rejected`: the image does not show this.")
    note: str | None = Field(None, description="A remark, such as a question to another expert, or the reply.")
    seen: int | None = Field(
        None,
        description="The `event` of the image when the person looked, null where it had no label; where it is not the "
        "image's any more, nothing is changed. Left out: not checked.",
    )


class LabelBody(_Body):
    """Labels that are given together."""

    labels: list[LabelIn] = Field(min_length=1, max_length=MOST_LABELS)


class LabelBatchOut(_Body):
    """Labels that were given together, by whom, when, and by what."""

    number: int
    collection: str
    source: LabelSource
    actor: str
    verified: bool = Field(description="Whether the actor has proved to be that.")
    created_at: datetime
    provenance: dict[str, Any]
    undoes: int | None = Field(description="Number of the batch that this one takes back.")
    in_effect: bool = Field(description="False where the batch was undone.")
    images: int = Field(description="How many images it labels.")


class LabelBatchPage(_Body):
    """Batches of a collection, the newest first."""

    batches: list[LabelBatchOut]
    next_before: int | None = Field(description="What `before` asks for the page after this one; null at the end.")


class LabelEventOut(_Body):
    """One entry in the history of an image's label."""

    event: int
    label: str
    state: LabelState
    confidence: float | None
    novelty: float | None
    neighbours: list[str]
    note: str | None
    current: bool = Field(description="Whether the image's label comes from this event.")
    batch: LabelBatchOut


class LabelHistoryOut(_Body):
    """All that was ever said of an image, the oldest first."""

    id: str
    label: str | None
    state: LabelState | None
    events: list[LabelEventOut]


class LabelCheckOut(_Body):
    """What a comparison of the catalogue's labels with the vector store's found."""

    collection: str
    images: int
    drifted: int
    lacking: int
    strange: int
    mended: int
