"""The tables of the catalogue, in SQL that SQLite and PostgreSQL both understand.

``label_events`` is append-only and the truth about labels; ``images.label`` and ``images.state`` repeat the latest
event of each image, written in the same transaction, so that listing and counting by label need no join. A label event
has no foreign key to its image: events outlive a deleted image, so the same content added again has its label back.

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
    """A collection."""

    __tablename__ = "collections"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    preset: Mapped[str] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())


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
    """An image of a collection; its label and state repeat the latest label event."""

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


class LabelEventRow(Base):
    """Somebody, or some model, said what an image shows. Rows are added and never changed."""

    __tablename__ = "label_events"
    __table_args__ = (Index("ix_label_events_image", "collection", "image_id", "id"),)

    # SQLite numbers rows by itself only where the type is exactly INTEGER.
    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    collection: Mapped[str] = mapped_column(ForeignKey("collections.name", ondelete="CASCADE"))
    image_id: Mapped[str] = mapped_column(String(36))
    label: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime())


class FieldRow(Base):
    """A metadata field of a collection and its kind, kept while images are added so that nothing has to be scanned."""

    __tablename__ = "fields"

    collection: Mapped[str] = mapped_column(ForeignKey("collections.name", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
