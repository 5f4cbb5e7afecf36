"""The embedders of a service: one per card, loaded at its first use and then kept."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from facies.core.errors import DimensionMismatchError, FingerprintMismatchError
from facies.core.records import VectorRecord
from facies.core.settings import Settings

if TYPE_CHECKING:
    from facies.models.embedder import Embedder

Loader: TypeAlias = "Callable[[str, Path | None], Embedder]"
"""Takes the name of a card and a checkpoint file (None: the card's own sources)."""


def make_loader(settings: Settings) -> Loader:
    """The loader of real networks; they are imported when the first one is wanted."""

    def load(card: str, weights: Path | None) -> Embedder:
        from facies.models.embedder import load_embedder

        return load_embedder(card, weights=weights, settings=settings.models, weights_dir=settings.weights_dir)

    return load


class Embedders:
    """Loads each card once, also when several threads want it at the same moment."""

    def __init__(self, load: Loader, weights: Mapping[str, Path] | None = None) -> None:
        """Keep the loader; nothing is loaded yet.

        Args:
            load: makes an embedder.
            weights: checkpoint files by card, for cards whose own sources are not to be used.
        """
        self._load = load
        self._weights = dict(weights or {})
        self._guard = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._loaded: dict[str, Embedder] = {}

    def get(self, card: str) -> Embedder:
        """The embedder of a card.

        Raises:
            UnknownModelError: no such card.
            WeightsNotFoundError: no source has its weights.
        """
        with self._guard:
            lock = self._locks.setdefault(card, threading.Lock())
        with lock:
            if card not in self._loaded:
                self._loaded[card] = self._load(card, self._weights.get(card))
            return self._loaded[card]

    def matching(self, collection: str, vector: VectorRecord) -> Embedder:
        """The embedder of a collection's vector, after proof that it makes the vectors that are stored.

        Raises:
            DimensionMismatchError: its vectors have another length.
            FingerprintMismatchError: other weights, preprocessing, recipe, runtime or precision.
        """
        embedder = self.get(vector.fingerprint.card)
        if embedder.dim != vector.dim:
            raise DimensionMismatchError(f"an embedding of {embedder.name!r}", expected=vector.dim, got=embedder.dim)
        differences = vector.fingerprint.differences(embedder.fingerprint)
        if differences:
            raise FingerprintMismatchError(collection, differences)
        return embedder
