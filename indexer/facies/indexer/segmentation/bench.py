"""What a run of segmentation works with: networks by card, opened once, and the maps that are kept on disk."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from facies.indexer.limits import Limits, limits_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facies.core.settings import Settings
    from facies.indexer.segmentation.pictures import Picture
    from facies.models.segmentation.feature_maps import FeatureMaps
    from facies.models.segmentation.hypercolumns import Hypercolumns
    from facies.models.segmentation.map_cache import MapCache
    from facies.models.weights import FoundWeights

_FOLDER = "maps"
_KEPT_SHARE = 4
"""Maps of one picture that would take more than this part of the cache would push all others out; they are not kept."""


class Bench:
    """Opens cards, and gives the maps of pictures: from the disk where they are kept, else from the network."""

    def __init__(self, settings: Settings, check: Callable[[], None] | None = None) -> None:
        """Take the settings; nothing is opened yet.

        Args:
            settings: of the composition root.
            check: called between passes of the network; may raise to break off.
        """
        self.limits: Limits = limits_of(settings)
        self.threads = settings.models.threads or os.cpu_count() or 1
        self._settings = settings
        self._check = check or _go_on
        self._opened: dict[str, Hypercolumns] = {}

    @property
    def device(self) -> str:
        """Where networks run: ``cpu`` or ``cuda``.

        Raises:
            ConfigurationError: the settings ask for a GPU, and there is none.
        """
        from facies.models.runtimes.choice import choose_runtime

        return choose_runtime(self._settings.models).device

    def weights(self, model: str) -> FoundWeights:
        """Find the weights of a network of the registry.

        Raises:
            UnknownModelError, WeightsNotFoundError, DownloadError: there are none.
        """
        from facies.models.registry import get_card
        from facies.models.weights import find_weights

        models = self._settings.models
        return find_weights(
            get_card(model),
            weights_dir=self._settings.weights_dir,
            hub_endpoint=models.hub_endpoint,
            offline=models.offline,
        )

    def hypercolumns(self, card: str) -> Hypercolumns:
        """Open a card, or give the one that is open.

        Raises:
            FaciesError: as `facies.models.segmentation.hypercolumns.open_hypercolumns`.
        """
        if card not in self._opened:
            from facies.models.segmentation.hypercolumns import open_hypercolumns

            models = self._settings.models
            self._opened[card] = open_hypercolumns(
                card,
                weights_dir=self._settings.weights_dir,
                hub_endpoint=models.hub_endpoint,
                offline=models.offline,
                device=self.device,
                threads=models.threads,
            )
        return self._opened[card]

    def features_at(
        self, picture: Picture, card: str, rows: NDArray[np.integer], columns: NDArray[np.integer]
    ) -> NDArray[np.float32]:
        """Gather the features of pixels, and keep the picture's maps for the next time.

        Args:
            picture: whose pixels.
            card: of the maps.
            rows: (n,), from the top.
            columns: (n,), from the left.

        Returns:
            shape (n, C), float32.
        """
        maps = self._keep(picture, card)
        if maps is not None:
            return maps.features_at(rows, columns)
        hypercolumns = self.hypercolumns(card)
        features = np.empty((len(rows), hypercolumns.card.channels), np.float32)
        for tile in hypercolumns.tiles(picture.pixels, only_rows=rows):
            self._check()
            inside = (rows >= tile.top) & (rows < tile.bottom)
            features[inside] = tile.features_at(rows[inside], columns[inside])
        return features

    def tiles(self, picture: Picture, card: str) -> Iterator[FeatureMaps]:
        """Give the maps of a picture band by band: those on disk, else computed and let go."""
        hypercolumns = self.hypercolumns(card)
        maps = self._cache.find(picture.sha256, picture.shape, hypercolumns)
        for tile in hypercolumns.tiles(picture.pixels) if maps is None else maps.tiles():
            self._check()
            yield tile

    def _keep(self, picture: Picture, card: str) -> FeatureMaps | None:
        hypercolumns = self.hypercolumns(card)
        size = 2 * sum(math.prod(shape) for shape in hypercolumns.shapes(*picture.shape))
        if size > self._settings.segmentation.maps_bytes // _KEPT_SHARE:
            return None
        return self._cache.maps(picture.sha256, picture.pixels, hypercolumns, check=self._check)

    @property
    def _cache(self) -> MapCache:
        from facies.models.segmentation.map_cache import MapCache

        return MapCache(self._settings.data_dir / _FOLDER, self._settings.segmentation.maps_bytes)


def _go_on() -> None:
    """Break nothing off."""
