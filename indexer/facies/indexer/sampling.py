"""Images and vectors spread evenly over a collection, for what cannot take them all: every part of it is heard."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from facies.core.errors import ModelError
from facies.core.records import ImageRecord
from facies.core.wire import FailureOut
from facies.indexer.limits import Limits
from facies.indexer.reading import Page, ReadAhead, Refused
from facies.indexer.sources import SourceItem
from facies.models.embedder import Embedder

if TYPE_CHECKING:
    from facies.core.metrics import Embeddings
    from facies.core.store import VectorStore
    from facies.core.workspace import Workspace
    from facies.models.embedder import Prepared, Views

_AT_ONCE: Final = 256
"""Points that are fetched at a time."""

_IMAGES_AT_ONCE: Final = 16
"""Images whose views are embedded at a time."""


class ViewEmbedder(Embedder, Protocol):
    """An embedder that also tells the views of an image apart."""

    def embed_views(self, prepared: Sequence[Prepared]) -> Views:
        """Embed each view of prepared images: (n, v, d) float32, whose means over the views are their vectors."""


@dataclass(slots=True)
class ViewSample:
    """The views of some images of a collection.

    Attributes:
        views: (m, v, d) float32, the images in no order that matters.
        failures: images whose originals could not be embedded, with the reason.
    """

    views: Views
    failures: list[FailureOut] = field(default_factory=list)


def pick_evenly(total: int, wanted: int, seed: int) -> NDArray[np.int64]:
    """Pick positions out of ``range(total)``, one at random from each of ``wanted`` stretches of equal length.

    Returns:
        rising positions, each once; all of them where no more are there than are wanted.

    Example:
        >>> pick_evenly(10, 5, seed=0).tolist()
        [1, 2, 4, 6, 9]
    """
    if wanted >= total:
        return np.arange(total)
    edges = np.arange(wanted + 1, dtype=np.int64) * total // wanted
    chance = np.random.default_rng(seed).random(wanted)
    return edges[:-1] + np.floor(chance * np.diff(edges)).astype(np.int64)


def pick_ids(store: VectorStore, collection: str, wanted: int, seed: int) -> list[str]:
    """Pick the ids of points, spread evenly over the collection in order of id."""
    positions = pick_evenly(store.count(collection), wanted, seed)
    ids: list[str] = []
    for position, point in enumerate(store.scroll(collection)):
        if len(ids) < len(positions) and position == positions[len(ids)]:
            ids.append(point.id)
    return ids


def read_vectors(store: VectorStore, collection: str, vector: str, at_most: int, seed: int) -> Embeddings:
    """Read one named vector of the points that have it; of a large collection those of some, spread evenly.

    Returns:
        shape (n, d), float32, unit rows, in order of id; n is at most ``at_most``.
    """
    return fetch_vectors(store, collection, vector, pick_ids(store, collection, at_most, seed))[1]


def fetch_vectors(
    store: VectorStore,
    collection: str,
    vector: str,
    ids: Sequence[str],
    progress: Callable[[int, int], None] | None = None,
) -> tuple[list[str], Embeddings]:
    """Read one named vector of points by their ids.

    Args:
        store: open.
        collection: its name.
        vector: name of the vector.
        ids: of the points; those that are gone or lack the vector are passed over.
        progress: told how many are read, of how many; what it raises ends the reading.

    Returns:
        the ids that were found, in their order, and their vectors, shape (n, d), float32, unit rows.
    """
    rows = np.empty((len(ids), store.schema(collection).vectors[vector]), np.float32)
    found: list[str] = []
    for start in range(0, len(ids), _AT_ONCE):
        for point in store.get(collection, ids[start : start + _AT_ONCE], vectors=[vector]).values():
            if vector in point.vectors:
                rows[len(found)] = point.vectors[vector]
                found.append(point.id)
        if progress is not None:
            progress(min(start + _AT_ONCE, len(ids)), len(ids))
    return found, rows[: len(found)]


def embed_sample(
    workspace: Workspace,
    collection: str,
    ids: Sequence[str],
    embedder: ViewEmbedder,
    *,
    limits: Limits | None = None,
    check: Callable[[Views], None] = lambda _: None,
    told: Callable[[int], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> ViewSample:
    """Embed the views of images from their originals; those that cannot be read are listed.

    Args:
        workspace: the open data.
        collection: its name.
        ids: of the images; an id without a row is passed over.
        embedder: embeds their views.
        limits: bounds of memory and threads.
        check: is given the views (v, d) of the first image, and may refuse them before the others are decoded.
        told: after each batch, how many images are done.
        stop: looked at for every image; when set, the sample is what came so far.
    """
    records = list(workspace.catalog.images(collection, ids).values())
    sample = ViewSample(np.empty((0, 1, embedder.dim), np.float32))
    stop = stop or threading.Event()
    outcomes = _prepare(records, embedder, limits or Limits(), stop)
    kept = 0
    while batch := list(islice(outcomes, _IMAGES_AT_ONCE)):
        sample.failures += [FailureOut(path=one.uri, reason=why) for one, why in batch if isinstance(why, str)]
        ready = [(one, prepared) for one, prepared in batch if not isinstance(prepared, str)]
        for record, views in zip(ready, _embed_apart(embedder, [one for _, one in ready]), strict=True):
            if isinstance(views, ModelError):
                sample.failures.append(FailureOut(path=record[0].uri, reason=views.message))
                continue
            if not kept:
                check(views)
                sample.views = np.empty((len(records), *views.shape), np.float32)
            sample.views[kept] = views
            kept += 1
        told(kept + len(sample.failures))
    sample.views = sample.views[:kept]
    return sample


def _prepare(
    records: Sequence[ImageRecord], embedder: Embedder, limits: Limits, stop: threading.Event
) -> Iterator[tuple[ImageRecord, Prepared | str]]:
    """Give each image as the network takes it, or why there is none; a file of several pages is read once."""
    files: dict[str, dict[str, ImageRecord]] = {}
    for record in records:
        files.setdefault(record.sha256, {})[record.id] = record
    uris = [next(iter(pages.values())).uri for pages in files.values()]
    reader = ReadAhead(limits, embedder=embedder)
    try:
        read = reader.files(SourceItem(uri, uri) for uri in uris)
        for (sha256, wanted), (_, events) in zip(files.items(), read, strict=True):
            reason = "it has no such page any more"
            for event in events:
                if stop.is_set():
                    return
                if isinstance(event, Refused):
                    reason = event.reason
                elif isinstance(event, Page) and event.sha256 != sha256:
                    reason = "another file has taken its place"
                elif isinstance(event, Page) and event.id in wanted and event.prepared is not None:
                    yield wanted.pop(event.id), event.prepared
            for record in wanted.values():
                yield record, reason
    finally:
        reader.close()


def _embed_apart(embedder: ViewEmbedder, batch: Sequence[Prepared]) -> list[Views | ModelError]:
    """Embed views; where the network can make nothing of one picture, that one alone has an error in its place."""
    if not batch:
        return []
    try:
        return list(embedder.embed_views(batch))
    except ModelError as error:
        if len(batch) == 1:
            return [error]
        return [one for prepared in batch for one in _embed_apart(embedder, [prepared])]
