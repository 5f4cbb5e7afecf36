"""Collections as the indexer makes, checks and deletes them: in the catalogue and in the store alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from facies.core.errors import (
    CollectionNotFoundError,
    ConfigurationError,
    DimensionMismatchError,
    FaciesError,
    FingerprintMismatchError,
    RecipeError,
)
from facies.core.records import CollectionRecord, FieldKind, Fingerprint, ImageRecord, MetadataValue, VectorRecord
from facies.core.store import CollectionSchema

if TYPE_CHECKING:
    from facies.core.workspace import Workspace
    from facies.models.embedder import Embedder

_OWN_INDEXES: Mapping[str, FieldKind] = {"label": "keyword", "state": "keyword"}


def find_collection(workspace: Workspace, name: str) -> CollectionRecord | None:
    """Read a collection; None where there is none of this name."""
    try:
        return workspace.catalog.collection(name)
    except CollectionNotFoundError:
        return None


def vector_name_of(card: str) -> str:
    """What a named vector is called that gets no other name: like its model card.

    >>> vector_name_of("dinov2-vits14"), vector_name_of("timm:resnet18.a1_in1k")
    ('dinov2-vits14', 'timm-resnet18.a1_in1k')
    """
    return card.replace(":", "-")  # as in the names of weight files; no store takes the colon


def make_collection(workspace: Workspace, name: str, preset: str, embedder: Embedder) -> CollectionRecord:
    """Make an empty collection with one named vector, called like the model card.

    Raises:
        CollectionExistsError: the name is taken.
        ConfigurationError: the name is not one that the store takes.
    """
    vector = VectorRecord(vector_name_of(embedder.name), embedder.dim, embedder.fingerprint)
    # The catalogue comes first: a kill in between leaves a collection that the next run completes.
    record = workspace.catalog.create_collection(name, preset, [vector])
    try:
        workspace.store.ensure(name, schema_of(record, {}))
    except FaciesError:
        workspace.catalog.delete_collection(name)
        raise
    return record


def open_collection(workspace: Workspace, name: str, preset: str, embedder: Embedder) -> CollectionRecord:
    """Read a collection, or make it, and prove that the embedder makes the vectors that it holds.

    Raises:
        DimensionMismatchError, FingerprintMismatchError: the embedder makes other vectors; nothing was written.
        ConfigurationError: the name is not one that the store takes, or the collection belongs to another model.
    """
    record = find_collection(workspace, name)
    if record is None:
        return make_collection(workspace, name, preset, embedder)
    check_embedder(record, embedder)
    workspace.store.ensure(name, schema_of(record, workspace.catalog.metadata_fields(name)))
    return record


def check_model(record: CollectionRecord, card: str) -> None:
    """Refuse another model card than the one that the collection's default vector comes from.

    Raises:
        ConfigurationError: the cards differ.
    """
    stored = record.embedded_vector.fingerprint.card
    if stored != card:
        raise ConfigurationError(
            f"collection {record.name!r} is indexed with {stored}, so {card} cannot join it. Leave --model out, or "
            "choose another collection."
        )


def check_recipe(collection: str, made: Fingerprint, wanted: str) -> None:
    """Refuse another recipe than the one that vectors of a collection are made by.

    Raises:
        RecipeError: the recipes differ, or there is none of this name.
    """
    from facies.models.card_recipes import find_recipe
    from facies.models.recipes import recipe_of_fingerprint
    from facies.models.registry import get_card

    card = get_card(made.card)
    if find_recipe(card, wanted).recipe != recipe_of_fingerprint(card, made.recipe):
        raise RecipeError(
            wanted,
            f"the vectors of {card.name} in collection {collection!r} are made by the recipe {made.recipe!r}. Leave "
            "--recipe out, or give this one vectors of its own: `facies collections add-model "
            f"{collection} --model {made.card} --recipe {wanted!r} --as NAME`",
        )


def check_embedder(record: CollectionRecord, embedder: Embedder) -> None:
    """Refuse an embedder whose vectors would not be comparable with those of the collection.

    Where the default vector is computed from another one, it is that other one which the embedder must make.

    Raises:
        ConfigurationError: another model card.
        DimensionMismatchError, FingerprintMismatchError: other vectors of the same card.
    """
    check_model(record, embedder.fingerprint.card)
    vector = record.embedded_vector
    if vector.dim != embedder.dim:
        raise DimensionMismatchError(f"an embedding of {embedder.name!r}", expected=vector.dim, got=embedder.dim)
    differences = vector.fingerprint.differences(embedder.fingerprint)
    if differences:
        raise FingerprintMismatchError(record.name, differences)


def schema_of(record: CollectionRecord, fields: Mapping[str, FieldKind]) -> CollectionSchema:
    """The store's schema of a collection: its vectors, and an index on label, state and each metadata field."""
    return CollectionSchema({v.name: v.dim for v in record.vectors}, {**fields, **_OWN_INDEXES})


def payload_of(record: ImageRecord) -> dict[str, MetadataValue]:
    """The payload of an image's point: its metadata, its hash, and its label and state where it has them."""
    own = {"label": record.label, "state": record.state}
    return {
        **record.metadata,
        "sha256": record.sha256,
        **{name: value for name, value in own.items() if value is not None},
    }
