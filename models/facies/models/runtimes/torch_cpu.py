"""torch as it comes, one forward pass at a time: what runs where OpenVINO is missing, and what older collections used.

In f32 it may also run on a GPU; its vectors then agree with those of a CPU within 1e-4.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

from facies.core.errors import ConfigurationError
from facies.models.cards import ModelCard
from facies.models.networks import load_network
from facies.models.preprocess import View, common_input_px, normalise, prepare_views
from facies.models.runtimes.base import Outputs, Precision, Prepared, RuntimeName, check_maps, split_views
from facies.models.runtimes.taps import TappedNetwork, find_taps
from facies.models.weights import FoundWeights

if TYPE_CHECKING:
    from facies.core.images import RgbImage


class TorchRuntime:
    """A network on torch, in evaluation mode, channels last."""

    name: RuntimeName = "torch"

    def __init__(
        self,
        card: ModelCard,
        weights: FoundWeights,
        *,
        views: Sequence[View],
        maps: Sequence[str] = (),
        precision: Precision = "f32",
        device: str = "cpu",
        batch_size: int = 8,
        preprocessing: str,
    ) -> None:
        """Load a network.

        Args:
            card: which network.
            weights: its checkpoint.
            views: how each image is looked at.
            maps: intermediate maps that each run gives.
            precision: ``bf16`` computes products and convolutions in it.
            device: ``cpu`` or ``cuda``.
            batch_size: views per forward pass.
            preprocessing: how pixels reach the network.

        Raises:
            ConfigurationError: the network has none of the maps, or does not fit into the GPU; torch has no int8 here.
            WeightsMismatchError: the checkpoint does not fit.
        """
        if precision == "int8":
            raise ConfigurationError(f"{card.name} runs in int8 on OpenVINO alone; torch has f32 and bf16 here.")
        self.precision = precision
        self.views = tuple(views)
        self.batch_size = batch_size
        self.preprocessing = preprocessing
        self._card = card
        self._px = common_input_px(views)
        self._device = device
        network = load_network(card, weights.path, device=device, input_px=self._px)
        self.map_names = find_taps(network)
        self._maps = check_maps(maps, self.map_names, card.name)
        self._network = TappedNetwork(network, self._maps)
        self._lock = threading.Lock()  # forward passes share the cores: one at a time is as fast and fairer

    def prepare(self, pixels: RgbImage) -> Prepared:
        """Bring an image to shape (views, 3, input_px, input_px), uint8."""
        return prepare_views(pixels, self.views, self._card.interpolation, self._card.resizing)

    def run(self, prepared: Sequence[Prepared]) -> Outputs:
        """Run what `prepare` gave."""
        if prepared:
            rows, step = np.concatenate(prepared), self.batch_size
            passes = [self._forward(rows[i : i + step]) for i in range(0, len(rows), step)]
        else:  # no images still have outputs of the right shape, which only the network knows
            passes = [[part[:0] for part in self._forward(np.zeros((1, 3, self._px, self._px), np.uint8))]]
        embedding, *maps = (split_views(np.concatenate(parts), len(self.views)) for parts in zip(*passes, strict=True))
        return Outputs(embedding, dict(zip(self._maps, maps, strict=True)))

    def _forward(self, pixels: Prepared) -> list[np.ndarray[tuple[int, ...], np.dtype[np.float32]]]:
        batch = torch.from_numpy(pixels).contiguous(memory_format=torch.channels_last)
        with self._lock, torch.inference_mode(), self._arithmetic():
            outputs = self._network(normalise(batch.to(self._device), self._card.mean, self._card.std))
            return [output.float().cpu().contiguous().numpy() for output in outputs]

    def _arithmetic(self) -> contextlib.AbstractContextManager[None]:
        if self.precision == "f32":
            return contextlib.nullcontext()
        return torch.autocast(self._device, dtype=torch.bfloat16)
