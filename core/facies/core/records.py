"""The records that travel between the layers: frozen, without behaviour beyond what follows from their own fields."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

MetadataValue: TypeAlias = str | int | float
Metadata: TypeAlias = Mapping[str, MetadataValue]
LabelState: TypeAlias = Literal["predicted", "validated", "dubious", "rejected"]
LabelSource: TypeAlias = Literal["import", "person", "votes", "linear", "both", "bisection", "clusters", "undo"]
"""Where labels come from: files, a person, ways of naming (see `facies.models.namers`), bisection by a person, groups
of unknown images, or the undoing of a batch."""
FieldKind: TypeAlias = Literal["keyword", "integer", "float"]
"""What the values of a metadata field are; it decides which filters make sense and which index the store keeps."""

RESERVED_FIELDS = frozenset({"id", "label", "state", "sha256", "page", "uri", "width", "height", "format", "scaling"})
"""Payload and filter names that belong to facies; a manifest column may not use them for anything else."""

SHORT_DIGEST: Final = 16
"""Hexadecimal digits that stand for a whole digest where a person reads it."""


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """One image of a collection, as the catalogue knows it.

    Attributes:
        id: UUIDv5 of the content (see `facies.core.images.image_id`); the same bytes have the same id everywhere.
        sha256: hash of the file's bytes, 64 hexadecimal digits.
        page: zero-based page of a multi-page file; None where the file holds one image.
        uri: where the original lies: an absolute local path, or an fsspec URL.
        width: pixels after EXIF orientation.
        height: pixels after EXIF orientation.
        format: as decoded from the content: JPEG, PNG, TIFF, WEBP, GIF or BMP.
        scaling: the rule that brought the values to 8 bits, e.g. ``uint8`` or ``uint16 / 65535``.
        metadata: manifest columns (well, depth_m, slide, um_per_px ...); no reserved names.
        label: the current label, if any.
        state: how the label came about; None without a label.
        event: number of the label event that the label comes from, which is the label's version; None without a label.
    """

    id: str
    sha256: str
    page: int | None
    uri: str
    width: int
    height: int
    format: str
    scaling: str
    metadata: Metadata = field(default_factory=dict)
    label: str | None = None
    state: LabelState | None = None
    event: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Label:
    """What is said of an image.

    Attributes:
        label: the name.
        state: how it is meant.
        confidence: probability of the label, where it was predicted.
        novelty: distance to the validated images, where that was looked at.
        neighbours: ids of the validated images that it rests on, nearest first.
        note: what a person remarked.
    """

    label: str
    state: LabelState
    confidence: float | None = None
    novelty: float | None = None
    neighbours: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True)
class LabelRows:
    """The labels of a whole collection as columns of one length, in order of id; None where an image has none."""

    ids: list[str]
    labels: list[str | None]
    states: list[str | None]


@dataclass(frozen=True, slots=True)
class LabelBatch:
    """Who gives labels together, and by what.

    Attributes:
        source: where they come from.
        actor: who, or what, gives them.
        verified: whether the actor has proved to be that.
        provenance: model, recipe, k, threshold, file, and what else there is to know, as JSON.
    """

    source: LabelSource
    actor: str
    verified: bool = False
    provenance: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LabelBatchRecord(LabelBatch):
    """A batch as the catalogue keeps it.

    Attributes:
        number: its own; later batches have higher ones.
        collection: whose images it labels.
        created_at: when.
        undoes: number of the batch that it takes back.
        in_effect: whether nobody has undone it.
        images: how many it labels, or where it undoes a batch, how many that one does.
    """

    number: int = field(kw_only=True)
    collection: str = field(kw_only=True)
    created_at: datetime = field(kw_only=True)
    undoes: int | None = field(kw_only=True)
    in_effect: bool = field(kw_only=True)
    images: int = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class LabelEventRecord:
    """One entry in the history of an image's label, and the batch that it came with."""

    number: int
    image_id: str
    label: Label
    batch: LabelBatchRecord


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """All that must be equal for two vectors to be comparable.

    Attributes:
        card: name of the model card.
        weights_sha256: hash of the checkpoint file's bytes.
        preprocessing: how pixels reach the network, one line that changes whenever the values would.
        recipe: views, layers and pooling.
        runtime: the engine that ran the network.
        precision: of the forward pass, e.g. ``f32``.
    """

    card: str
    weights_sha256: str
    preprocessing: str
    recipe: str
    runtime: str
    precision: str

    @property
    def digest(self) -> str:
        """Sixteen hexadecimal digits that stand for all fields."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()[:16]

    def differences(self, other: Fingerprint) -> list[str]:
        """List the fields that differ as ``field: stored X, now Y``; empty where the two are equal."""
        pairs = ((f.name, getattr(self, f.name), getattr(other, f.name)) for f in fields(self))
        return [f"{name}: stored {mine}, now {theirs}" for name, mine, theirs in pairs if mine != theirs]

    def projected(self, method: str, digest: str) -> Fingerprint:
        """The fingerprint of what a projection makes of these vectors; ``digest`` is that of the projection.

        >>> Fingerprint("lite0", "00", "crop 224", "one view", "torch", "f32").projected("whitened", "ab" * 32).recipe
        'one view; whitened, abababababababab'
        """
        return replace(self, recipe=f"{self.recipe}; {method}, {digest[:SHORT_DIGEST]}")


@dataclass(frozen=True, slots=True)
class ProjectionRecord:
    """A fitted map from one named vector to another, as the catalogue keeps it.

    Attributes:
        digest: SHA-256 of its values, 64 hexadecimal digits.
        method: how it was fitted, in one line.
        source_dim: length of the vectors that it takes.
        dim: length of the vectors that it makes.
        data: what `facies.models.projection.Projection` reads.
    """

    digest: str
    method: str
    source_dim: int
    dim: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class VectorRecord:
    """A named vector of a collection: its name in the store, its length, and how it is made.

    Attributes:
        name: in the store.
        dim: its length.
        fingerprint: all that must be equal for two vectors to be comparable.
        source: the named vector of the same collection that it is computed from; None where an embedder makes it.
        projection: digest of the projection that computes it; None where an embedder makes it.
    """

    name: str
    dim: int
    fingerprint: Fingerprint
    source: str | None = None
    projection: str | None = None

    @property
    def is_derived(self) -> bool:
        """Whether it is computed from another named vector."""
        return self.source is not None


@dataclass(frozen=True, slots=True)
class CollectionRecord:
    """A collection as the catalogue knows it; the first named vector is the one searched by default.

    ``taxonomy`` names the taxonomy that its labels are taxa of; None where it uses none.
    """

    name: str
    preset: str
    created_at: datetime
    vectors: tuple[VectorRecord, ...]
    taxonomy: str | None = None

    @property
    def default_vector(self) -> VectorRecord:
        """The named vector that a query uses unless it names another."""
        return self.vectors[0]

    @property
    def embedded_vector(self) -> VectorRecord:
        """The named vector that an embedder makes of each new image: the default, or what that is computed from."""
        return self.origin_of(self.default_vector)

    def source_of(self, vector: VectorRecord) -> VectorRecord | None:
        """The vector that this one is computed from; None where an embedder makes it."""
        return next((one for one in self.vectors if one.name == vector.source), None)

    def origin_of(self, vector: VectorRecord) -> VectorRecord:
        """The vector that an embedder makes and that this one is computed from, at whatever remove; else itself."""
        source = self.source_of(vector)
        return vector if source is None else self.origin_of(source)

    def derived_from(self, source: str) -> tuple[VectorRecord, ...]:
        """The vectors that are computed from a named vector, at whatever remove, each behind the one that it needs."""
        found: list[VectorRecord] = []
        names = [source]
        for name in names:  # grows on the way
            found += (direct := [vector for vector in self.vectors if vector.source == name])
            names += (vector.name for vector in direct)
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One answer of a search: an image and its cosine similarity to the query, in [-1, 1]."""

    record: ImageRecord
    similarity: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """One label of a classification with its probability in [0, 1]."""

    label: str
    probability: float
