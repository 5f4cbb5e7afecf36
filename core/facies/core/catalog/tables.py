"""The tables of the catalogue, in SQL that SQLite and PostgreSQL both understand.

``label_events`` and ``label_batches`` are append-only and the truth about labels; ``images.label``, ``state`` and
``event`` repeat what follows from them (see `facies.core.catalog.labels`), written in the same transaction, so that
listing and counting by label need no join. A label event has no foreign key to its image: events outlive a deleted
image, so the same content added again has its label back.

The classes name the tables and type their columns. Statements go to a `sqlalchemy.Connection`, which answers with plain
rows: a session's objects, which nothing here would use, make reading the images of a search three times as slow.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC: stored without offset where the database keeps none, always read back timezone-aware."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware moment into UTC; a naive one is refused, since nobody knows what it means."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone, expected an aware datetime")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Read a moment as UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Holds the metadata that migrations are compared with."""


class CollectionRow(Base):
    """A collection; ``followed`` is the newest batch of labels that the vector store's payload has followed.

    ``changes`` grows in each transaction that changes its images or their labels; ``label_changes`` where labels are
    concerned, be it that images with labels come or go.
    """

    __tablename__ = "collections"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    preset: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    followed: Mapped[int] = mapped_column(BigInteger, server_default="0")
    taxonomy: Mapped[str | None] = mapped_column(String(100))
    changes: Mapped[int] = mapped_column(BigInteger, server_default="0")
    label_changes: Mapped[int] = mapped_column(BigInteger, server_default="0")


class TaxonomyRow(Base):
    """A taxonomy that was imported; ``body`` is its table, as `facies.core.taxonomy.table` writes it."""

    __tablename__ = "taxonomies"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    taxa: Mapped[int]
    source: Mapped[str] = mapped_column(Text)
    licence: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime())


class ProjectionRow(Base):
    """A fitted map from one named vector to another; it goes with the last vector that it makes."""

    __tablename__ = "projections"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    method: Mapped[str] = mapped_column(Text)
    source_dim: Mapped[int]
    dim: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())


class VectorRow(Base):
    """A named vector of a collection and how it is made; position 0 is the default one.

    ``source`` and ``projection`` say which vector of the collection it is computed from and by what, or both are empty.
    """

    __tablename__ = "vectors"
    __table_args__ = (UniqueConstraint("collection", "position", name="uq_vectors_position"),)

    collection: Mapped[str] = mapped_column(ForeignKey("collections.name", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    position: Mapped[int]
    dim: Mapped[int]
    card: Mapped[str] = mapped_column(Text)
    weights_sha256: Mapped[str] = mapped_column(Text)
    preprocessing: Mapped[str] = mapped_column(Text)
    recipe: Mapped[str] = mapped_column(Text)
    runtime: Mapped[str] = mapped_column(Text)
    precision: Mapped[str] = mapped_column(Text)
    source: Mapped[str | None] = mapped_column(String(100))
    projection: Mapped[str | None] = mapped_column(ForeignKey("projections.digest", name="fk_vectors_projection"))


class ImageRow(Base):
    """An image of a collection; its label and state repeat the label event that counts, which ``event`` names."""

    __tablename__ = "images"
    __table_args__ = (
        Index("ix_images_sha256", "collection", "sha256"),
        Index("ix_images_label", "collection", "label", "id"),
    )

    collection: Mapped[str] = mapped_column(ForeignKey("collections.name", ondelete="CASCADE"), primary_key=True)
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))
    page: Mapped[int | None]
    uri: Mapped[str] = mapped_column(Text)
    width: Mapped[int]
    height: Mapped[int]
    format: Mapped[str] = mapped_column(String(16))
    scaling: Mapped[str] = mapped_column(Text)
    metadata_: Mapped[dict[str, Any]] = mapped_column("metadata", JSON)
    label: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str | None] = mapped_column(String(16))
    event: Mapped[int | None] = mapped_column(BigInteger)


class LabelBatchRow(Base):
    """Labels that came together: who gave them, when, and by what. Rows are added; ``in_effect`` repeats the undos.

    ``undoes`` names the batch that this one takes back; it has no events of its own.
    """

    __tablename__ = "label_batches"
    __table_args__ = (Index("ix_label_batches_collection", "collection", "id"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    collection: Mapped[str] = mapped_column(ForeignKey("collections.name", ondelete="CASCADE"))
    source: Mapped[str] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(Text)
    verified: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    provenance: Mapped[dict[str, Any]] = mapped_column(JSON, server_default="{}")
    undoes: Mapped[int | None] = mapped_column(ForeignKey("label_batches.id", name="fk_label_batches_undoes"))
    in_effect: Mapped[bool]


class LabelEventRow(Base):
    """Somebody, or some model, said what an image shows. Rows are added and never changed."""

    __tablename__ = "label_events"
    __table_args__ = (
        Index("ix_label_events_image", "collection", "image_id", "id"),
        Index("ix_label_events_batch", "batch"),
    )

    # SQLite numbers rows by itself only where the type is exactly INTEGER.
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    collection: Mapped[str] = mapped_column(ForeignKey("collections.name", ondelete="CASCADE"))
    image_id: Mapped[str] = mapped_column(String(36))
    label: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    batch: Mapped[int] = mapped_column(ForeignKey("label_batches.id", name="fk_label_events_batch"))
    confidence: Mapped[float | None] = mapped_column(Double)
    novelty: Mapped[float | None] = mapped_column(Double)
    neighbours: Mapped[bytes | None] = mapped_column(LargeBinary)
    note: Mapped[str | None] = mapped_column(Text)


class FieldRow(Base):
    """A metadata field of a collection and its kind, kept while images are added so that nothing has to be scanned."""

    __tablename__ = "fields"

    collection: Mapped[str] = mapped_column(ForeignKey("collections.name", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))


class JobRow(Base):
    """A job, and all that is known of it; whoever changes it does so under conditions (see `facies.core.catalog.jobs`).

    ``attempt`` with ``worker`` is the lease of whoever runs it, ``beat`` its sign of life, ``version`` for readers.
    """

    __tablename__ = "jobs"
    __table_args__ = (
        UniqueConstraint("id", name="uq_jobs_id"),
        Index("ix_jobs_state", "state", "priority", "number"),
        Index("ix_jobs_collection", "collection", "number"),
    )

    number: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    id: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16))
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON)
    collection: Mapped[str | None] = mapped_column(String(100))
    turn: Mapped[str | None] = mapped_column(String(200))
    needs: Mapped[str] = mapped_column(String(8))
    device: Mapped[str | None] = mapped_column(String(300))
    priority: Mapped[int]
    actor: Mapped[str] = mapped_column(Text)
    stage: Mapped[str] = mapped_column(Text)
    done: Mapped[int] = mapped_column(BigInteger)
    total: Mapped[int | None] = mapped_column(BigInteger)
    rate_per_s: Mapped[float | None] = mapped_column(Double)
    attempt: Mapped[int]
    max_attempts: Mapped[int]
    worker: Mapped[str | None] = mapped_column(String(300))
    beat: Mapped[int] = mapped_column(BigInteger)
    cancel_requested: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    heartbeat_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    fault: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    result: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    files: Mapped[list[Any]] = mapped_column(JSON)
    version: Mapped[int] = mapped_column(BigInteger)


class JobLogRow(Base):
    """A line that a job told; only the newest ones of a job are kept."""

    __tablename__ = "job_log"

    job: Mapped[int] = mapped_column(
        ForeignKey("jobs.number", name="fk_job_log_job", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime())
    level: Mapped[str] = mapped_column(String(16))
    line: Mapped[str] = mapped_column(Text)


class JobHoldRow(Base):
    """A turn that no job may have for a while, since something else is at work there; ``beat`` as for jobs."""

    __tablename__ = "job_holds"
    __table_args__ = (Index("ix_job_holds_turn", "turn"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    turn: Mapped[str] = mapped_column(String(200))
    holder: Mapped[str] = mapped_column(String(300))
    beat: Mapped[int] = mapped_column(BigInteger)
    since: Mapped[datetime] = mapped_column(UtcDateTime())


class MapRow(Base):
    """A map of a collection: how its layout was made. Never changed; its points are in parts."""

    __tablename__ = "maps"
    __table_args__ = (
        Index("ix_maps_collection", "collection", "number"),
        {"sqlite_autoincrement": True},  # a number that was seen in an address is never another map's
    )

    number: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    collection: Mapped[str] = mapped_column(
        ForeignKey("collections.name", name="fk_maps_collection", ondelete="CASCADE")
    )
    vector: Mapped[str] = mapped_column(String(100))
    digest: Mapped[str] = mapped_column(String(64))
    method: Mapped[str] = mapped_column(String(16))
    fitted: Mapped[int] = mapped_column(BigInteger)
    start: Mapped[int | None] = mapped_column(BigInteger)
    trustworthiness: Mapped[float | None] = mapped_column(Double)
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())


class MapPartRow(Base):
    """Some points of a map; those that came together have one ``addition``, which counts from 1."""

    __tablename__ = "map_parts"

    map: Mapped[int] = mapped_column(
        ForeignKey("maps.number", name="fk_map_parts_map", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    addition: Mapped[int]
    points: Mapped[int]
    ids: Mapped[bytes] = mapped_column(LargeBinary)
    positions: Mapped[bytes] = mapped_column(LargeBinary)
