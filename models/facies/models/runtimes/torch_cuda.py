"""torch on a GPU, for throughput: bf16, channels last, one compiled graph of a fixed batch.

The CPU only decodes. Pixels travel through page-locked memory on a stream of their own; the GPU resizes them, cuts the
views out, normalises them and runs the network, while the next images travel and the last results come back. A short
batch is filled up, so that every image, indexed or asked for, goes through the same graph.

On a CPU device the same code runs without page-locked memory, streams and compilation: that is how it is tested.
Its speed on a GPU has not been measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import torch

from facies.core.errors import ConfigurationError
from facies.models.cards import ModelCard
from facies.models.networks import load_network
from facies.models.preprocess import View, check_pixels, common_input_px, cut_out, normalise, prepare_views, turn
from facies.models.runtimes.base import Outputs, Precision, Prepared, RuntimeName, check_maps, split_views
from facies.models.runtimes.staging import ReturnTrip, StagingRing
from facies.models.runtimes.taps import TappedNetwork, find_taps
from facies.models.weights import FoundWeights

if TYPE_CHECKING:
    from facies.core.images import RgbImage
    from facies.models.cards import Interpolation

MAX_DEVICE_PIXELS = 1_000_000
"""Larger images are squashed on the CPU: a batch of them would wait in gigabytes. Part of the preprocessing text."""
_SLOTS = 16


class TorchCudaRuntime:
    """A network on a GPU."""

    name: RuntimeName = "torch-cuda"
    precision: Precision = "bf16"

    def __init__(
        self,
        card: ModelCard,
        weights: FoundWeights,
        *,
        views: Sequence[View],
        maps: Sequence[str] = (),
        device: str = "cuda",
        batch_size: int = 256,
        compiled: bool = True,
        preprocessing: str,
    ) -> None:
        """Load a network; it is compiled at its first run.

        Args:
            card: which network.
            weights: its checkpoint.
            views: how each image is looked at.
            maps: intermediate maps that each run gives.
            device: ``cuda``; ``cpu`` to try the code.
            batch_size: images of one pass, always filled up.
            compiled: whether the network is compiled into one graph.
            preprocessing: how pixels reach the network.

        Raises:
            ConfigurationError: the network has none of the maps, or does not fit into the GPU.
            WeightsMismatchError: the checkpoint does not fit.
        """
        self.views = tuple(views)
        self.batch_size = batch_size
        self.preprocessing = preprocessing
        self._card = card
        self._px = common_input_px(views)
        self._device = torch.device(device)
        network = load_network(card, weights.path, device=device, input_px=self._px)
        self.map_names = find_taps(network)
        self._maps = check_maps(maps, self.map_names, card.name)
        self._network = TappedNetwork(network, self._maps)
        self._pass = torch.compile(self._forward, mode="reduce-overhead", dynamic=False) if compiled else self._forward
        self._ring = StagingRing(self._device, slots=_SLOTS, slot_bytes=MAX_DEVICE_PIXELS * 3)
        # A captured graph belongs to the thread that captured it, so all passes run in one.
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="gpu")

    def prepare(self, pixels: RgbImage) -> Prepared:
        """Leave an image as it is, (height, width, 3) uint8; one that is too large comes as (views, 3, px, px)."""
        check_pixels(pixels)
        if pixels.shape[0] * pixels.shape[1] <= MAX_DEVICE_PIXELS and self._card.resizing == "fast":
            return pixels
        return prepare_views(pixels, self.views, self._card.interpolation, self._card.resizing)

    def run(self, prepared: Sequence[Prepared]) -> Outputs:
        """Run what `prepare` gave."""
        return self._worker.submit(self._run, prepared).result()

    def _run(self, prepared: Sequence[Prepared]) -> Outputs:
        trips: list[ReturnTrip] = []
        passes = []
        try:
            for start in range(0, max(len(prepared), 1), self.batch_size):
                trips.append(self._launch(prepared[start : start + self.batch_size]))
                if len(trips) > 1:  # the GPU has its next batch before anybody waits for the last one
                    passes.append(trips.pop(0).wait())
            passes += [trip.wait() for trip in trips]
        except torch.OutOfMemoryError as error:
            raise ConfigurationError(
                f"a batch of {self.batch_size} images does not fit into the GPU's free memory: {error}. Set "
                "FACIES_MODELS__BATCH_SIZE to a smaller number."
            ) from error
        embedding, *maps = (split_views(np.concatenate(parts), len(self.views)) for parts in zip(*passes, strict=True))
        return Outputs(embedding, dict(zip(self._maps, maps, strict=True)))

    def _launch(self, prepared: Sequence[Prepared]) -> ReturnTrip:
        """Fill one batch and start its pass; nothing here waits for the GPU to compute."""
        views = len(self.views)
        shape = (self.batch_size * views, 3, self._px, self._px)
        batch = torch.zeros(shape, dtype=torch.uint8, device=self._device)
        for number, image in enumerate(prepared):
            sent = self._ring.send(image)
            rows = sent if sent.ndim == 4 else look(sent, self.views, self._card.interpolation)
            batch[number * views : (number + 1) * views] = rows
        if self._device.type == "cuda":
            torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]  # torch's
        with torch.no_grad(), torch.autocast(self._device.type, dtype=torch.bfloat16):
            return ReturnTrip(self._pass(batch), len(prepared) * views)

    def _forward(self, batch: torch.Tensor) -> tuple[torch.Tensor, ...]:
        pixels = normalise(batch, self._card.mean, self._card.std).contiguous(memory_format=torch.channels_last)
        outputs: tuple[torch.Tensor, ...] = self._network(pixels)
        return outputs


def look(pixels: torch.Tensor, views: Sequence[View], interpolation: Interpolation) -> torch.Tensor:
    """Look at one image in several ways, as `facies.models.preprocess.prepare_views`, on the image's device.

    A GPU resizes floats only. So that its values are those of the CPU, but for a step of one in some places, it does
    as the CPU does: across, then down, with values brought to 8 bits after each.

    Args:
        pixels: shape (height, width, 3), uint8.
        views: all of one input size.
        interpolation: antialiased filter.

    Returns:
        shape (views, 3, input_px, input_px), uint8.
    """
    planes = pixels.permute(2, 0, 1)[None].float()
    squashed = {}
    for px in {view.resize_px for view in views}:
        across = _resize(planes, (pixels.shape[0], px), interpolation)
        squashed[px] = _resize(across, (px, px), interpolation)[0].to(torch.uint8)
    return torch.stack([turn(cut_out(squashed[view.resize_px], view), view) for view in views])


def _resize(planes: torch.Tensor, size: tuple[int, int], interpolation: Interpolation) -> torch.Tensor:
    if planes.shape[-2:] == size:
        return planes
    resized = torch.nn.functional.interpolate(
        planes, size=size, mode=interpolation, antialias=True, align_corners=False
    )
    return resized.round().clamp(0, 255)
