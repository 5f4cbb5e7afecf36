"""Brings a network up on the runtime that was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from facies.models.cards import ModelCard
from facies.models.preprocess import View
from facies.models.runtimes.base import Runtime
from facies.models.runtimes.choice import RuntimeChoice
from facies.models.threads import limit_threads
from facies.models.weights import FoundWeights

if TYPE_CHECKING:
    from facies.core.settings import ModelSettings

CONVERTED: Final = "openvino"
"""Folder of converted networks below the weights folder."""
GPU_BATCH: Final = 256
"""Views of one pass on a GPU, unless the settings say otherwise."""


def open_runtime(
    card: ModelCard,
    weights: FoundWeights,
    choice: RuntimeChoice,
    *,
    views: Sequence[View],
    maps: Sequence[str],
    settings: ModelSettings,
    weights_dir: Path,
    draft_px: int | None,
) -> Runtime:
    """Bring a network up.

    Args:
        card: which network.
        weights: its checkpoint.
        choice: of runtime, precision and device.
        views: how each image is looked at, all of one size.
        maps: intermediate maps that each run gives, by name or depth.
        settings: threads and batch size.
        weights_dir: where converted networks are kept.
        draft_px: what the shorter side of a large photograph keeps when it is decoded; None: decoded whole.

    Raises:
        ConfigurationError: the device or the processor cannot run it, or it has no such map.
        WeightsMismatchError: the checkpoint does not fit.
    """
    if choice.runtime == "openvino":
        from facies.models.runtimes.openvino_cpu import OpenVinoRuntime

        return OpenVinoRuntime(
            card,
            weights,
            views=views,
            maps=maps,
            precision=choice.precision,
            threads=settings.threads,
            batch_size=settings.batch_size,
            kept=weights_dir / CONVERTED,
            preprocessing=card.preprocessing_with(draft_px=draft_px),
        )
    limit_threads(settings.threads)
    if choice.runtime == "torch":
        from facies.models.runtimes.torch_cpu import TorchRuntime

        return TorchRuntime(
            card,
            weights,
            views=views,
            maps=maps,
            precision=choice.precision,
            device=choice.device,
            batch_size=settings.batch_size,
            preprocessing=card.preprocessing_with(draft_px=draft_px),
        )
    from facies.models.runtimes.torch_cuda import TorchCudaRuntime

    return TorchCudaRuntime(
        card,
        weights,
        views=views,
        maps=maps,
        device=choice.device,
        batch_size=settings.batch_size if "batch_size" in settings.model_fields_set else GPU_BATCH // len(views),
        preprocessing=card.preprocessing_with(draft_px=draft_px, on_gpu=True),
    )
