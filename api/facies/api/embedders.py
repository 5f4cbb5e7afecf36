"""The embedders of a service: one per card and way to make vectors, loaded at its first use and then kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from facies.core.errors import DimensionMismatchError, FingerprintMismatchError
from facies.core.records import Fingerprint, VectorRecord
from facies.core.settings import Settings

if TYPE_CHECKING:
    from facies.models.embedder import Embedder

Loader: TypeAlias = "Callable[[str, Path | None, Fingerprint | None], Embedder]"
"""Takes the name of a card, a checkpoint file (None: the card's own sources), and how the vectors were made that the
embedder's are to be compared with (None: there are none yet)."""

_Way: TypeAlias = "tuple[str, ...]"
"""What decides which embedder it is: the card, and of existing vectors weights, runtime, precision, preprocessing."""


def make_loader(settings: Settings) -> Loader:
    """The loader of real networks; they are imported when the first one is wanted."""

    def load(card: str, weights: Path | None, like: Fingerprint | None) -> Embedder:
        from facies.models.embedder import load_embedder

        return load_embedder(
            card, weights=weights, settings=settings.models, weights_dir=settings.weights_dir, like=like
        )

    return load


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

    def get(self, card: str, like: Fingerprint | None = None) -> Embedder:
        """The embedder of a card.

        Args:
            card: its name.
            like: how the vectors of the collection were made; None for a new collection, which gets the best way.

        Raises:
            UnknownModelError: no such card.
            WeightsNotFoundError: no source has its weights.
            ConfigurationError: what made the vectors is not here, or the settings contradict it.
        """
        way = _way(card, like)
        with self._guard:
            lock = self._locks.setdefault(way, threading.Lock())
        with lock:
            if way not in self._loaded:
                embedder = self._load(card, self._weights.get(card), like)
                with self._guard:
                    # The same network serves new collections and those that it made, under one more key.
                    same = self._loaded.setdefault(_way(card, embedder.fingerprint), embedder)
                    self._loaded[way] = same if same.fingerprint == embedder.fingerprint else embedder
            return self._loaded[way]

    def matching(self, collection: str, vector: VectorRecord) -> Embedder:
        """The embedder of a collection's vector, after proof that it makes the vectors that are stored.

        Raises:
            DimensionMismatchError: its vectors have another length.
            FingerprintMismatchError: other weights, preprocessing, recipe, runtime or precision.
        """
        embedder = self.get(vector.fingerprint.card, vector.fingerprint)
        if embedder.dim != vector.dim:
            raise DimensionMismatchError(f"an embedding of {embedder.name!r}", expected=vector.dim, got=embedder.dim)
        differences = vector.fingerprint.differences(embedder.fingerprint)
        if differences:
            raise FingerprintMismatchError(collection, differences)
        return embedder


def _way(card: str, like: Fingerprint | None) -> _Way:
    if like is None:
        return (card,)
    return (card, like.weights_sha256, like.runtime, like.precision, like.preprocessing)
