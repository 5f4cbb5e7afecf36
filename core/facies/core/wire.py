"""The bodies of the HTTP API, as pydantic models: what `facies.api` sends and `facies.core.client` reads."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema


class Body(BaseModel):
    """What every body has in common: a field that it does not know is refused."""

    model_config = ConfigDict(extra="forbid")


def _check_id(text: str) -> str:
    try:
        canonical = str(UUID(text))
    except ValueError:
        canonical = None
    if text != canonical:
        raise ValueError("the id of an image is a UUID in lower case, such as 0b9a1a4e-5f43-5c5e-9d5e-2a0f3f6c1d2e")
    return text


ImageIdText = Annotated[str, AfterValidator(_check_id), WithJsonSchema({"type": "string", "format": "uuid"})]
"""An id as `facies.core.records` writes it; checked before a store sees it, which would take other spellings."""


class ImageOut(Body):
    """One image of a collection. ``original`` and ``thumbnail`` are paths on the API."""

    id: str
    label: str | None
    state: str | None
    event: int | None = Field(None, description="The label's version: the label event that it comes from.")
    path: str
    width: int
    height: int
    format: str
    scaling: str
    page: int | None
    sha256: str
    metadata: dict[str, str | int | float]
    original: str
    thumbnail: str


class ImagePage(Body):
    """Some images of a collection, in order of id."""

    total: int
    offset: int
    images: list[ImageOut]


class VectorOut(Body):
    """A named vector of a collection and how it is made."""

    name: str
    dim: int
    fingerprint: dict[str, str]
    digest: str
    source: str | None = Field(
        None, description="The named vector that it is computed from; empty where a model makes it."
    )
    projection: str | None = Field(None, description="What computes it: the first digits of the projection's digest.")


class StoredOut(Body):
    """What the vector store says of a collection."""

    points: int
    graphed: int = Field(description="Points that a search finds through the graph; the others are scanned.")
    quantization: Literal["none", "int8", "turbo4"]
    disk_bytes: int | None = Field(description="What the vectors take on the disk; empty where a server keeps them.")
    optimizing: bool = Field(description="Whether a graph is being built.")
    error: str | None = Field(None, description="Why the last building failed.")
    job: str | None = Field(None, description="The job that builds it, or waits to.")


class CollectionOut(Body):
    """A collection, its size, and its labels with their counts."""

    name: str
    preset: str
    created_at: datetime
    images: int
    labelled: int
    labels: dict[str, int]
    revision: str = Field(description="Of its labels and images: another one means that either has changed.")
    fields: dict[str, str] = Field(
        description="Metadata fields that filters may use, with their kind: keyword, integer or float."
    )
    facets: dict[str, dict[str, int]] = Field(
        default_factory=dict,
        description="Images by value of each keyword field, the 50 most frequent values; empty in lists.",
    )
    vectors: list[VectorOut]
    taxonomy: str | None = Field(
        None, description="The taxonomy that its labels are taxa of; empty where it uses none."
    )
    stored: StoredOut | None = Field(None, description="The state of the vectors; empty in lists.")
    notes: list[str] = Field(default_factory=list, description="What to know about its making, where it was just made.")


_RECIPE = (
    "Views and layers that make up the vectors of a new collection: fast, upright, default, best, or the text of a "
    "recipe; the preset's where empty."
)


class CollectionBody(Body):
    """A collection to make, from a preset or a model card."""

    name: str
    preset: Literal["microfossils", "figures", "scenes", "generic"] = "generic"
    model: str | None = None
    recipe: str | None = Field(None, description=_RECIPE)


class ModelOut(Body):
    """A model card, and whether its weights are at hand without a download."""

    name: str
    title: str
    publication: str
    licence: str
    input_px: int
    dim: int
    available: bool
    sources: list[str]
    notes: str


class UploadedOut(Body):
    """What became of one uploaded file (or of one page of it)."""

    name: str
    status: Literal["indexed", "unchanged", "duplicate", "failed"]
    ids: list[str]
    reason: str | None = None


class UploadOut(Body):
    """What became of each uploaded file."""

    results: list[UploadedOut]


class IndexBody(Body):
    """A folder, zip or manifest on the server to index."""

    path: str
    labels: Literal["none", "folder", "manifest"] = "none"
    model: str | None = None
    recipe: str | None = Field(None, description=_RECIPE)
    preset: Literal["microfossils", "figures", "scenes", "generic"] = Field(
        "generic", description="Chooses the model of a collection that does not exist yet, where `model` is empty."
    )


class FailureOut(Body):
    """A file that was not indexed, and why."""

    path: str
    reason: str


class IndexReport(Body):
    """What a run of the indexer did. The same keys are the JSON of ``facies index``."""

    indexed: int = 0
    unchanged: int = 0
    duplicates: int = 0
    skipped: int = 0
    failed: int = 0
    relinked: int = 0
    pruned: int = 0
    failures: list[FailureOut] = Field(default_factory=list)
    conflicts: list[FailureOut] = Field(
        default_factory=list, description="The same bytes under two labels; the first was kept."
    )
    duplicate_paths: list[FailureOut] = Field(
        default_factory=list, description="Files whose bytes another path holds already."
    )
    seconds: float = 0.0
    collection: str = ""
    model: str = ""
    notes: list[str] = Field(default_factory=list)
    interrupted: bool = Field(False, description="The run was stopped before its end; running it again goes on.")


class HealthOut(Body):
    """Whether the service lives (health) or can answer (ready)."""

    status: Literal["ok", "unavailable"]
    version: str
    store: str
    catalog: str


class Problem(BaseModel):
    """An RFC 9457 problem document; ``code`` is the class of `facies.core.errors`."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
