"""The bodies of the HTTP API, as pydantic models: what `facies.api` sends and `facies.core.client` reads."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self, TypeAlias
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from facies.core.wire_taxonomy import Age, Depth, HiddenOut, RolledUpOut


class _Body(BaseModel):
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


RerankMethod: TypeAlias = Literal["diffusion", "query_expansion", "reciprocal_neighbours"]
"""How the first candidates of a search may be ordered anew."""


class Crop(_Body):
    """A box on an image, in pixels of the image after EXIF orientation."""

    x: int = Field(ge=0)
    y: int = Field(ge=0)
    width: int = Field(ge=1)
    height: int = Field(ge=1)


class Example(_Body):
    """One example of a query: an image of the collection by id, or an uploaded file by position; whole or cropped."""

    id: ImageIdText | None = None
    upload: int | None = Field(None, ge=0, description="Position of the file among the uploaded ones, from 0.")
    crop: Crop | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.id is None) == (self.upload is None):
            raise ValueError("an example names either an id or an upload, expected exactly one")
        return self


class SearchBody(_Body):
    """What to search for, and how the answer is put together."""

    positive: list[Example] = Field(
        default_factory=list,
        max_length=64,
        description="What to be similar to; at least one example.",
        json_schema_extra={"minItems": 1},  # checked below, where there is more to say than a number
    )
    negative: list[Example] = Field(default_factory=list, max_length=64, description="What to move away from.")
    strategy: Literal["average", "best_score"] = "average"
    k: int = Field(10, ge=1)
    offset: int = Field(0, ge=0)
    where: dict[str, Any] | None = Field(None, description="A filter in the JSON form of facies.core.filters.")
    vector: str | None = Field(None, description="Named vector to search in; the collection's default where empty.")
    vectors: list[str] | None = Field(
        None, min_length=1, max_length=8, description="Several named vectors in place of one; their lists are fused."
    )
    rerank: bool | None = Field(
        None, description="Order the first candidates by how they hang together; empty: where it was measured to help."
    )
    rerank_by: RerankMethod | None = Field(
        None,
        description="The method; naming one asks for re-ranking, which is done by `diffusion` where none is named.",
    )
    diversity: float = Field(0.0, ge=0, le=1, description="How much to prefer what differs from what stands before.")
    fold: float | None = Field(
        None, gt=0, le=1, description="Cosine from which an image is folded into one that stands before it."
    )
    group_by: str | None = Field(None, description="Metadata field, or label or state, of which few come each.")
    per_group: int = Field(1, ge=1, description="How many images of each value of `group_by` come.")

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if not self.positive:
            raise ValueError(
                "all examples are negative, so there is nothing to be near to; give at least one positive example"
                if self.negative
                else "the query is empty; give at least one positive example, an id or an upload"
            )
        if self.vector is not None and self.vectors is not None:
            raise ValueError("a query names either one vector or several, got both `vector` and `vectors`")
        if self.vectors is not None and len(set(self.vectors)) < len(self.vectors):
            raise ValueError(f"each of the vectors to fuse counts once, got {', '.join(self.vectors)}")
        if self.rerank is False and self.rerank_by is not None:
            raise ValueError(f"`rerank_by` asks for re-ranking by {self.rerank_by}, and `rerank` is false; drop one")
        if self.per_group != 1 and self.group_by is None:
            raise ValueError("`per_group` says how many images of a group come; it goes with `group_by`")
        return self


class ClassifyBody(_Body):
    """What to classify; each example gets an answer of its own."""

    examples: list[Example] = Field(min_length=1, max_length=256)
    k: int = Field(15, ge=1, description="Validated neighbours that are shown, and that vote by `temperature`.")
    top: int | None = Field(None, ge=1, description="Labels to give; 5, and 3 in a collection of scenes.")
    temperature: float | None = Field(
        None,
        gt=0,
        description="Count plain votes, softened by this, in place of calibrated probabilities.",
    )
    precision: float | None = Field(
        None, gt=0, lt=1, description="Also decide: a label that is right in such a share of cases, a set, or unknown."
    )
    group: str | None = Field(
        None, description="Metadata field, e.g. slide; images of one do not vouch for each other in the calibration."
    )
    where: dict[str, Any] | None = Field(None, description="Narrows the validated images that names are learnt from.")
    vector: str | None = None
    roll_up: float | None = Field(
        None,
        gt=0,
        le=1,
        description="Also name each image by the lowest taxon of its first label's lineage that is so probable.",
    )
    only: list[str] | None = Field(
        None, min_length=1, description="Taxa that can be meant; labels that belong to none of them do not vote."
    )
    age: Age = None
    depth: Depth = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.temperature is not None and (self.precision is not None or self.group is not None):
            raise ValueError("`precision` and `group` go with calibrated probabilities; leave out `temperature`")
        return self


class ImageOut(_Body):
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


class ImagePage(_Body):
    """Some images of a collection, in order of id."""

    total: int
    offset: int
    images: list[ImageOut]


class NeighbourOut(ImageOut):
    """An image found, with its cosine similarity to the query, whatever decided on its place."""

    similarity: float
    percentile: float | None = Field(
        None,
        description="Per cent of the pairs of images with one validated label that are less similar than this image is "
        "to the query; empty where too few are labelled.",
    )
    similarities: dict[str, float] = Field(
        default_factory=dict, description="The cosine in each named vector that the image has, where several are fused."
    )
    group: str | int | float | None = Field(None, description="Its value of the field that is grouped by.")
    folded: int = Field(0, description="How many of the 200 images that follow it in the ranking are folded into it.")
    folded_ids: list[str] = Field(default_factory=list, description="The first 20 of them.")


class SearchOut(_Body):
    """The neighbours, best first: by similarity, unless the body asked for another order."""

    collection: str
    vector: str
    k: int
    offset: int
    neighbours: list[NeighbourOut]
    vectors: list[str] = Field(default_factory=list, description="The named vectors whose lists were fused.")
    reranked_by: RerankMethod | None = Field(
        None, description="How the first candidates were ordered by what they have in common; empty: they were not."
    )
    notes: list[str] = Field(default_factory=list, description="Why nothing was found, or not all of it.")


class SideBySideOut(_Body):
    """The answers to one query in several named vectors, in the order in which they were named."""

    collection: str
    lists: list[SearchOut]


class PredictionOut(_Body):
    """A label and its probability."""

    label: str
    probability: float


class ClassifiedOut(_Body):
    """The answer for one example; ``name`` is the id or the file's name."""

    name: str
    top: list[PredictionOut]
    novelty: float | None = Field(None, description="Distance to the validated images, 0 to 2; null for plain votes.")
    strangeness: float | None = Field(None, description="Share of the validated images that are less novel.")
    verdict: Literal["label", "set", "unknown"] | None = Field(
        None, description="Where a precision was asked for: whether the first label is sure enough."
    )
    set: list[str] | None = Field(None, description="Labels of which one is right as often as was asked for.")
    neighbours: list[NeighbourOut]
    rolled_up: RolledUpOut | None = Field(None, description="The taxon that is certain enough, where it was asked for.")


class ClassifyOut(_Body):
    """The answers, in the order of the examples."""

    collection: str
    vector: str
    k: int
    way: Literal["votes", "linear", "both"] = Field(
        "votes", description="How images are named: by their neighbours, by a linear head, or by both."
    )
    calibrated: bool = Field(False, description="Whether the probabilities were fitted to be honest.")
    calibration_error: float | None = Field(
        None, description="Expected calibration error on the validated images, each named without itself."
    )
    validated: int | None = Field(None, description="Validated images that were learnt from; null for plain votes.")
    predictions: list[ClassifiedOut]
    notes: list[str] = Field(default_factory=list, description="What a person should know of the answer.")
    taxonomy: str | None = Field(None, description="The taxonomy that `roll_up`, `only`, `age` and `depth` went by.")
    hidden: list[HiddenOut] = Field(
        default_factory=list, description="Labels of the collection that were out of the question, with the reason."
    )


class VectorOut(_Body):
    """A named vector of a collection and how it is made."""

    name: str
    dim: int
    fingerprint: dict[str, str]
    digest: str
    source: str | None = Field(
        None, description="The named vector that it is computed from; empty where a model makes it."
    )
    projection: str | None = Field(None, description="What computes it: the first digits of the projection's digest.")


class StoredOut(_Body):
    """What the vector store says of a collection."""

    points: int
    graphed: int = Field(description="Points that a search finds through the graph; the others are scanned.")
    quantization: Literal["none", "int8", "turbo4"]
    disk_bytes: int | None = Field(description="What the vectors take on the disk; empty where a server keeps them.")
    optimizing: bool = Field(description="Whether a graph is being built.")
    error: str | None = Field(None, description="Why the last building of this service failed.")


class CollectionOut(_Body):
    """A collection, its size, and its labels with their counts."""

    name: str
    preset: str
    created_at: datetime
    images: int
    labelled: int
    labels: dict[str, int]
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


class CollectionBody(_Body):
    """A collection to make, from a preset or a model card."""

    name: str
    preset: Literal["microfossils", "figures", "scenes", "generic"] = "generic"
    model: str | None = None
    recipe: str | None = Field(None, description=_RECIPE)


class ModelOut(_Body):
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


class UploadedOut(_Body):
    """What became of one uploaded file (or of one page of it)."""

    name: str
    status: Literal["indexed", "unchanged", "duplicate", "failed"]
    ids: list[str]
    reason: str | None = None


class UploadOut(_Body):
    """What became of each uploaded file."""

    results: list[UploadedOut]


class IndexBody(_Body):
    """A folder, zip or manifest on the server to index."""

    path: str
    labels: Literal["none", "folder", "manifest"] = "none"
    model: str | None = None
    recipe: str | None = Field(None, description=_RECIPE)
    preset: Literal["microfossils", "figures", "scenes", "generic"] = Field(
        "generic", description="Chooses the model of a collection that does not exist yet, where `model` is empty."
    )


class FailureOut(_Body):
    """A file that was not indexed, and why."""

    path: str
    reason: str


class IndexReport(_Body):
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


class IndexRunOut(_Body):
    """An indexing run of the service, to be polled."""

    id: str
    collection: str
    state: Literal["running", "done", "failed", "cancelled"]
    path: str
    done: int
    total: int | None
    images_per_s: float | None
    seconds_left: float | None
    error: str | None
    report: IndexReport | None


class HealthOut(_Body):
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
