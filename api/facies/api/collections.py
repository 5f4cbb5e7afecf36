"""Collections as use cases: list, describe, create, delete."""

from __future__ import annotations

from dataclasses import asdict

from facies.api.service import Service
from facies.core.actors import Actor
from facies.core.errors import (
    CollectionExistsError,
    CollectionNotFoundError,
    ConfigurationError,
    JobConflictError,
    QueryError,
)
from facies.core.jobs import Job
from facies.core.records import SHORT_DIGEST, CollectionRecord, VectorRecord
from facies.core.store.checks import check_collection_name
from facies.core.wire import CollectionBody, CollectionOut, StoredOut, VectorOut
from facies.core.workspace import Workspace
from facies.indexer.collections import find_collection, make_collection
from facies.indexer.maintenance import delete_collection, delete_image
from facies.models.presets import choose_card, choose_recipe

MAX_FACET_VALUES = 50
"""Values of one metadata field that a description counts, the most frequent ones."""


def list_collections(service: Service) -> list[CollectionOut]:
    """All collections in order of name, with their counts."""
    return [_describe(service, record) for record in service.workspace.catalog.collections()]


def describe_collection(service: Service, name: str) -> CollectionOut:
    """One collection with its counts, labels, metadata fields, their values and vectors, and the state of those.

    Raises:
        CollectionNotFoundError: no collection of this name.
        StoreUnavailableError: the store, which counts the values, does not answer.
    """
    workspace = service.workspace
    record = workspace.catalog.collection(name)
    described = _describe(service, record)
    try:
        found = {"facets": _count_values(workspace, name), "stored": _stored(service, record)}
    except CollectionNotFoundError:  # the catalogue's row alone: a kill came between the two
        return described
    return described.model_copy(update=found)


def start_optimizing(service: Service, name: str, actor: Actor) -> StoredOut:
    """Have the graph of a collection built, by a job.

    Raises:
        CollectionNotFoundError: no collection of this name.
        JobConflictError: a job builds it already, or waits to.
    """
    stored = _stored(service, service.workspace.catalog.collection(name))
    if stored.job is not None:
        raise JobConflictError(f"the graph of collection {name!r} is being built already, by job {stored.job}")
    job = service.desk.order("optimise", {"collection": name}, actor=actor.name)
    return stored.model_copy(update={"optimizing": True, "error": None, "job": job.id})


def optimize_collection(service: Service, name: str) -> StoredOut:
    """Build the graph of a collection, and wait until it is in use.

    Raises:
        CollectionNotFoundError: no collection of this name.
        StorageError, StoreError: see `facies.core.store.VectorStore.optimize`; nothing changed.
    """
    record = service.workspace.catalog.collection(name)
    service.workspace.store.optimize(record.name)
    return _stored(service, record)


def create_collection(service: Service, body: CollectionBody) -> CollectionOut:
    """Make an empty collection for the vectors of the model named, else of the preset's best one at hand.

    ``notes`` of the answer name the better models of the preset whose weights are not on this machine.

    Raises:
        QueryError: the name does not fit.
        CollectionExistsError: the name is taken.
        UnknownModelError, RecipeError, WeightsNotFoundError: see `facies.api.embedders.Embedders.get`.
    """
    check_name(body.name)
    existing = find_collection(service.workspace, body.name)
    if existing is not None:  # said before a network is loaded in vain
        raise CollectionExistsError(body.name, f"it holds vectors of {existing.default_vector.name}")
    card, notes = choose_model(service, body.preset, body.model)
    recipe = choose_recipe(body.preset, card, body.recipe).recipe
    make_collection(service.workspace, body.name, body.preset, service.embedders.get(card, recipe=recipe))
    return describe_collection(service, body.name).model_copy(update={"notes": notes})


def choose_model(service: Service, preset: str, model: str | None) -> tuple[str, list[str]]:
    """The card for a new collection, and what to say about it."""
    if model is not None:
        return model, []
    return choose_card(preset, settings=service.settings.models, weights_dir=service.settings.weights_dir)


def check_name(name: str) -> None:
    """Refuse a name that no store takes.

    Raises:
        QueryError: the name does not fit (over HTTP it is the caller's mistake, not the service's).
    """
    try:
        check_collection_name(name)
    except ConfigurationError as error:
        raise QueryError(error.message) from error


def delete_whole_collection(service: Service, name: str) -> None:
    """Delete a collection with its vectors, labels and thumbnails; originals stay.

    Raises:
        CollectionNotFoundError: no collection of this name.
        JobConflictError: a job is writing to it.
    """
    with service.copies, service.kept_out(name):
        delete_collection(service.workspace, name)


def delete_one_image(service: Service, name: str, image_id: str) -> None:
    """Take one image out of a collection.

    Raises:
        CollectionNotFoundError, ImageNotFoundError: there is none of this name, or id.
        JobConflictError: a job is writing to the collection.
    """
    with service.copies, service.kept_out(name):
        delete_image(service.workspace, name, image_id)


def _describe(service: Service, record: CollectionRecord) -> CollectionOut:
    catalog = service.workspace.catalog
    tally = service.tallies.get(catalog, record)
    return CollectionOut(
        name=record.name,
        preset=record.preset,
        taxonomy=record.taxonomy,
        created_at=record.created_at,
        images=tally.images,
        labelled=sum(tally.labels.values()),
        labels=tally.labels,
        revision=tally.revision,
        fields={name: str(kind) for name, kind in catalog.metadata_fields(record.name).items()},
        vectors=[_vector_out(vector) for vector in record.vectors],
    )


def _count_values(workspace: Workspace, name: str) -> dict[str, dict[str, int]]:
    indexed = workspace.store.schema(name).indexes
    fields = [field for field in workspace.catalog.metadata_fields(name) if indexed.get(field) == "keyword"]
    return {field: workspace.store.facet(name, field, limit=MAX_FACET_VALUES) for field in fields}


def _stored(service: Service, record: CollectionRecord) -> StoredOut:
    info = service.workspace.store.describe(record.name)
    job = _last_build(service, record)
    is_building = job is not None and not job.is_over
    return StoredOut(
        **{**asdict(info), "optimizing": info.optimizing or is_building},
        error=None if job is None or job.fault is None else job.fault.message,
        job=job.id if job is not None and is_building else None,
    )


def _last_build(service: Service, record: CollectionRecord) -> Job | None:
    """The newest job that builds the graph of a collection; those of an earlier one of its name do not count."""
    found = service.workspace.catalog.jobs(kinds=["optimise"], collection=record.name, limit=1)
    return next((job for job in found if job.created_at >= record.created_at), None)


def _vector_out(vector: VectorRecord) -> VectorOut:
    made = vector.fingerprint
    return VectorOut(
        name=vector.name,
        dim=vector.dim,
        fingerprint=asdict(made),
        digest=made.digest,
        source=vector.source,
        projection=None if vector.projection is None else vector.projection[:SHORT_DIGEST],
    )
