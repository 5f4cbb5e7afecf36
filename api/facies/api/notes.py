"""Why a search found nothing, in words."""

from __future__ import annotations

from facies.core.records import CollectionRecord, VectorRecord
from facies.core.store import VectorQuery
from facies.core.workspace import Workspace
from facies.indexer.named_vectors import add_command


def explain_nothing(
    workspace: Workspace,
    collection: CollectionRecord,
    vector: VectorRecord,
    query: VectorQuery,
    offset: int,
) -> str:
    """Say why an answer is empty: the first reason that holds, from the collection to the page.

    Args:
        workspace: the open data.
        collection: that was searched.
        vector: that was searched in.
        query: its filter, and the images that the answer leaves out.
        offset: how many neighbours it passes over.
    """
    name, where = collection.name, query.where
    images = workspace.catalog.count(name)
    if not images:
        return f"collection {name!r} is empty; `facies index FOLDER --collection {name}` fills it"
    matching = workspace.store.count(name, where)
    if not matching:
        return f"nothing matches the filter: none of the {images:,} images of collection {name!r} does"
    if not matching - workspace.store.count(name, where, lacking=vector.name):
        command = add_command(name, collection.origin_of(vector))
        return f"no image that matches has a vector {vector.name!r} yet; `{command}` makes the vectors that are missing"
    if offset:
        return f"the list ends before place {offset + 1:,}"
    if query.exclude:
        return "only the examples themselves match, and an image named by id is left out of its own answer"
    return "the images that match are not acknowledged yet; indexing them again completes them"
