"""One query in several named vectors, each with a list of its own."""

from __future__ import annotations

from collections.abc import Sequence

from facies.api.examples import Upload
from facies.api.search import search_images
from facies.api.service import Service
from facies.core.wire_search import SearchBody, SideBySideOut


def search_side_by_side(service: Service, name: str, body: SearchBody, uploads: Sequence[Upload] = ()) -> SideBySideOut:
    """Search in each of the vectors that the body names, apart; in all of the collection where it names none.

    Each list is what `search_images` answers for that vector alone; examples are embedded for each. An image that lacks
    a vector misses its list.

    Raises:
        What `search_images` raises.
    """
    named = body.vectors or ([body.vector] if body.vector is not None else None)
    vectors = named or [vector.name for vector in service.workspace.catalog.collection(name).vectors]
    alone = [body.model_copy(update={"vector": vector, "vectors": None}) for vector in vectors]
    return SideBySideOut(collection=name, lists=[search_images(service, name, one, uploads) for one in alone])
