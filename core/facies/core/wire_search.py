"""Bodies of the HTTP API about searching: examples, what to do with them, and the neighbours."""

from __future__ import annotations

from typing import Any, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from facies.core.wire import Body, ImageIdText, ImageOut

RerankMethod: TypeAlias = Literal["diffusion", "query_expansion", "reciprocal_neighbours"]
"""How the first candidates of a search may be ordered anew."""


class Crop(Body):
    """A box on an image, in pixels of the image after EXIF orientation."""

    x: int = Field(ge=0)
    y: int = Field(ge=0)
    width: int = Field(ge=1)
    height: int = Field(ge=1)


class Example(Body):
    """One example of a query: an image of the collection by id, or an uploaded file by position; whole or cropped."""

    id: ImageIdText | None = None
    upload: int | None = Field(None, ge=0, description="Position of the file among the uploaded ones, from 0.")
    crop: Crop | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.id is None) == (self.upload is None):
            raise ValueError("an example names either an id or an upload, expected exactly one")
        return self


class SearchBody(Body):
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


class SearchOut(Body):
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


class SideBySideOut(Body):
    """The answers to one query in several named vectors, in the order in which they were named."""

    collection: str
    lists: list[SearchOut]


class CountBody(Body):
    """What images are to be counted."""

    where: dict[str, Any] | None = Field(None, description="A filter, as in a search.")
    by: dict[str, dict[str, Any] | None] = Field(
        default_factory=dict,
        max_length=32,
        description="Fields that hold text, or `label` or `state`; images are counted by value of each, under a filter "
        "of its own. A page with several filters counts by each field under the filters of the others.",
    )


class CountOut(Body):
    """How many images pass a filter, and how many have each value of some fields."""

    collection: str
    images: int
    by: dict[str, dict[str, int]] = Field(description="The most frequent values first, at most 1,000 of each field.")
