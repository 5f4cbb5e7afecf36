"""A network that was trained on masks whole, with what it needs to be used. This module imports torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from facies.core.errors import FinetuningError
from facies.core.images import RgbImage
from facies.core.segmentation import ClassTable
from facies.models.segmentation.blending import TileProbabilities, Tiles, blend_tiles
from facies.models.segmentation.finetuned_network import STRIDE, Architecture
from facies.models.segmentation.upsampling import Band

_TILES_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class SegmenterFacts:
    """What belongs to a network beside its weights.

    Attributes:
        architecture: the decoder.
        encoder: name of the backbone's card.
        encoder_sha256: hash of the weights that the encoder began with; None: it was asked to begin from scratch.
        table: the classes, in the order of the network's outputs.
        background: index of the class that is no maceral.
        mean: of the channels, in [0, 1], that is subtracted.
        std: of the channels, by which is divided.
        tile_px: side of the tiles, a multiple of 32.
        overlap_px: of neighbouring tiles.
        provenance: images, hashes, settings and scores of the training, as JSON holds them.

    Raises:
        FinetuningError: a value is outside its range.
    """

    architecture: Architecture
    encoder: str
    encoder_sha256: str | None
    table: ClassTable
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    background: int = 0
    tile_px: int = 512
    overlap_px: int = 128
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what no network could be used with."""
        if self.tile_px < STRIDE or self.tile_px % STRIDE or not 0 <= self.overlap_px < self.tile_px:
            raise FinetuningError(
                f"tiles of {self.tile_px} px that overlap by {self.overlap_px} px; expected multiples of {STRIDE} px "
                "and an overlap of at least 0 and below the tile"
            )
        if not 0 <= self.background < len(self.table) or len(self.mean) != 3 or not all(std > 0 for std in self.std):
            raise FinetuningError(
                f"the background is class {self.background} of {len(self.table)}, mean {self.mean}, std {self.std}; "
                "expected a class of the table, and three channels with a deviation above 0"
            )


class FinetunedSegmenter:
    """Gives the probabilities of images, by overlapping tiles."""

    def __init__(self, facts: SegmenterFacts, network: torch.nn.Module, *, device: str = "cpu") -> None:
        """Take a network to a device.

        Args:
            facts: what it was built and trained with.
            network: (n, 3, tile, tile) float32 to (n, classes, tile, tile).
            device: ``cpu`` or ``cuda``; half precision is used on a GPU alone.
        """
        self.facts = facts
        self.network = network.to(device).to(memory_format=torch.channels_last)
        self.device = device
        self._mean = torch.tensor(facts.mean, device=device).view(1, 3, 1, 1) * 255
        self._std = torch.tensor(facts.std, device=device).view(1, 3, 1, 1) * 255

    def with_provenance(self, provenance: Mapping[str, Any]) -> FinetunedSegmenter:
        """The same network with another provenance, as JSON holds it."""
        return FinetunedSegmenter(replace(self.facts, provenance=provenance), self.network, device=self.device)

    def logits(self, tiles: Tiles) -> torch.Tensor:
        """Run the network on tiles in its present mode, (n, classes, tile, tile)."""
        pixels = torch.from_numpy(np.ascontiguousarray(tiles)).to(self.device).movedim(-1, 1).float()
        normalised = ((pixels - self._mean) / self._std).contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device, dtype=torch.float16, enabled=self.device == "cuda"):
            answer: torch.Tensor = self.network(normalised)
        return answer

    def bands(self, image: RgbImage) -> Iterator[Band]:
        """Predict an image and give its rows from the top as they are finished, see `blend_tiles`."""
        self.network.eval()
        return blend_tiles(image, self._predict, tile_px=self.facts.tile_px, overlap_px=self.facts.overlap_px)

    def probabilities(self, image: RgbImage) -> NDArray[np.float32]:
        """Predict an image whole.

        Returns:
            (height, width, classes) float32, each pixel a distribution.
        """
        return np.concatenate([band.probabilities for band in self.bands(image)])

    def _predict(self, tiles: Tiles) -> TileProbabilities:
        with torch.inference_mode():
            parts = [
                self.logits(tiles[start : start + _TILES_AT_ONCE]).float().softmax(dim=1).movedim(1, -1).cpu().numpy()
                for start in range(0, len(tiles), _TILES_AT_ONCE)
            ]
        return np.concatenate(parts)
