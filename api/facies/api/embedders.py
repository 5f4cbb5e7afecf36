"""The embedders of a service: one per card and way to make vectors, loaded at its first use and then kept."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from facies.core.errors import DimensionMismatchError, FingerprintMismatchError
from facies.core.records import CollectionRecord, Fingerprint, VectorRecord
from facies.core.settings import Settings
from facies.indexer.projections import ProjectionCache
from facies.models.projected import ProjectedEmbedder

if TYPE_CHECKING:
    from facies.core.catalog import Catalog
    from facies.models.embedder import Embedder
    from facies.models.recipes import Recipe

Loader: TypeAlias = "Callable[[str, Path | None, Fingerprint | None, Recipe | None], Embedder]"
"""Takes the name of a card, a checkpoint file (None: the card's own sources), how the vectors were made that the
embedder's are to be compared with (None: there are none yet), and the recipe (None: theirs, or the plain one)."""

_Way: TypeAlias = "tuple[str, ...]"
"""What decides which embedder it is: the card, the recipe, and of existing vectors all else that they tell."""


def make_loader(settings: Settings) -> Loader:
    """The loader of real networks; they are imported when the first one is wanted."""

    def load(card: str, weights: Path | None, like: Fingerprint | None, recipe: Recipe | None) -> Embedder:
        from facies.models.embedder import load_embedder

        embedder = load_embedder(
            card, recipe=recipe, weights=weights, settings=settings.models, weights_dir=settings.weights_dir, like=like
        )
        spare_the_collector()
        return embedder

    return load


def spare_the_collector() -> None:
    """Take all that lives now out of the garbage collector's sight.

    A network comes with some hundred thousand objects that stay to the end of the process. Each full collection would
    look at all of them, and every thread waits meanwhile: some 0.4 s, where 0.15 s is enough.
    """
    gc.collect()  # what is garbage now would stay for ever
    gc.freeze()


class Embedders:
    """Loads each card once for each way to make vectors, also when several threads want it at the same moment."""

    def __init__(self, load: Loader, weights: Mapping[str, Path] | None = None) -> None:
        """Keep the loader; nothing is loaded yet.

        Args:
            load: makes an embedder.
            weights: checkpoint files by card, for cards whose own sources are not to be used.
        """
        self._load = load
        self._weights = dict(weights or {})
        self._guard = threading.Lock()
        self._locks: dict[_Way, threading.Lock] = {}
        self._loaded: dict[_Way, Embedder] = {}
        self._projections = ProjectionCache()

    def get(self, card: str, like: Fingerprint | None = None, *, recipe: Recipe | None = None) -> Embedder:
        """The embedder of a card.

        Args:
            card: its name.
            like: how the vectors of the collection were made; None for a new collection, which gets the best way.
            recipe: of a new collection.

        Raises:
            UnknownModelError: no such card.
            WeightsNotFoundError: no source has its weights.
            RecipeError: the network does not have what the recipe wants.
            ConfigurationError: what made the vectors is not here, or the settings contradict it.
        """
        way = _way(card, like, recipe)
        with self._guard:
            lock = self._locks.setdefault(way, threading.Lock())
        with lock:
            if way not in self._loaded:
                embedder = self._load(card, self._weights.get(card), like, recipe)
                with self._guard:
                    # The same network serves new collections and those that it made, under one more key.
                    same = self._loaded.setdefault(_way(card, embedder.fingerprint), embedder)
                    self._loaded[way] = same if same.fingerprint == embedder.fingerprint else embedder
            return self._loaded[way]

    def matching(self, catalog: Catalog, collection: CollectionRecord, vector: VectorRecord) -> Embedder:
        """The embedder of a collection's vector, after proof that it makes the vectors that are stored.

        For a vector that is computed from another one it is the embedder of that one with the projection behind it.

        Args:
            catalog: where the projections are; each is read once.
            collection: as the catalogue has it.
            vector: one of the collection's.

        Raises:
            DimensionMismatchError: its vectors have another length.
            FingerprintMismatchError: other weights, preprocessing, recipe, projection, runtime or precision.
            CatalogError: the projection is damaged.
        """
        embedder = self._make(catalog, collection, vector)
        if embedder.dim != vector.dim:
            raise DimensionMismatchError(f"an embedding of {embedder.name!r}", expected=vector.dim, got=embedder.dim)
        differences = vector.fingerprint.differences(embedder.fingerprint)
        if differences:
            raise FingerprintMismatchError(collection.name, differences)
        return embedder

    def _make(self, catalog: Catalog, collection: CollectionRecord, vector: VectorRecord) -> Embedder:
        source = collection.source_of(vector)
        if source is None:
            return self.get(vector.fingerprint.card, vector.fingerprint)
        embedder = self.matching(catalog, collection, source)
        return ProjectedEmbedder(embedder, self._projections.get(catalog, str(vector.projection)))


def _way(card: str, like: Fingerprint | None, recipe: Recipe | None = None) -> _Way:
    if like is None:
        return (card,) if recipe is None else (card, recipe.text)
    return (card, like.recipe, like.weights_sha256, like.runtime, like.precision, like.preprocessing)
