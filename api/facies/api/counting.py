"""The use case of counting: how many images pass a filter, and by value of some fields."""

from __future__ import annotations

from typing import Final

from facies.api.service import Service
from facies.api.where import ALWAYS, read_where
from facies.core.errors import QueryError
from facies.core.wire_search import CountBody, CountOut

MOST_VALUES: Final = 1_000


def count_images(service: Service, name: str, body: CountBody) -> CountOut:
    """Count the images of a collection that pass a filter.

    Raises:
        CollectionNotFoundError: no collection of this name.
        QueryError: a filter makes no sense, or a field to count by holds no text.
    """
    workspace = service.workspace
    kinds = {**ALWAYS, **workspace.catalog.metadata_fields(name)}
    strange = [field for field in body.by if kinds.get(field) != "keyword"]
    if strange:
        texts = ", ".join(sorted(field for field, kind in kinds.items() if kind == "keyword"))
        raise QueryError(f"images cannot be counted by {strange[0]!r}; expected a field that holds text: {texts}")
    return CountOut(
        collection=name,
        images=workspace.store.count(name, read_where(workspace, name, body.where)),
        by={
            field: workspace.store.facet(name, field, where=read_where(workspace, name, where), limit=MOST_VALUES)
            for field, where in body.by.items()
        },
    )
