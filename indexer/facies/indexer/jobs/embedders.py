"""The network of a worker: the one that it used last, since jobs in a row are mostly about one collection."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from facies.core.records import Fingerprint
    from facies.core.settings import Settings
    from facies.models.embedder import Embedder
    from facies.models.recipes import Recipe

_Wanted: TypeAlias = "tuple[str, Fingerprint | None, Recipe | None]"


class WorkerEmbedders:
    """Loads embedders by the settings, and keeps the last one."""

    def __init__(self, settings: Settings) -> None:
        """Keep the settings; nothing is loaded yet."""
        self._settings = settings
        self._guard = threading.Lock()
        self._wanted: _Wanted | None = None
        self._loaded: Embedder | None = None

    def get(self, card: str, like: Fingerprint | None = None, *, recipe: Recipe | None = None) -> Embedder:
        """The embedder of a card; raises as `facies.models.embedder.load_embedder` does."""
        from facies.models.embedder import load_embedder

        wanted = (card, like, recipe)
        with self._guard:
            loaded = self._loaded
            # The network that made a new collection a moment ago serves it from then on.
            if loaded is not None and (wanted == self._wanted or like == loaded.fingerprint):
                return loaded
            self._loaded = self._wanted = None  # let go of it first: two may not fit into the memory
            self._loaded = load_embedder(
                card,
                recipe=recipe,
                weights=None,
                settings=self._settings.models,
                weights_dir=self._settings.weights_dir,
                like=like,
            )
            self._wanted = wanted
            return self._loaded
