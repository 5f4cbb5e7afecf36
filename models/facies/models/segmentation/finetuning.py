"""Training a network on masks whole, where hundreds of thousands of labelled pixels and a GPU are at hand.

Whole images are held out for early stopping: pixels of an image that is trained on say nothing about the next one.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from facies.core.errors import ConfigurationError, FinetuningError
from facies.models.segmentation.finetuning_loss import cross_entropy_and_dice
from facies.models.segmentation.segmenter import FinetunedSegmenter
from facies.models.segmentation.training_crops import IGNORED, CropSource, MaskedPixels

_ENCODER = "encoder."


@dataclass(frozen=True, slots=True)
class FinetuneSettings:
    """How a network is trained.

    Attributes:
        epochs: at most so many.
        batches: of an epoch.
        batch: crops of a batch, at least 2.
        learning_rate: of the decoder at the first epoch; it falls along a half cosine.
        encoder_share: of that rate, for the encoder, which knows images already; 1 where it begins from scratch.
        weight_decay: of all weights.
        patience: epochs without a better score on the held-out images before the end.
        seed: of crops; the network brings its own.

    Raises:
        FinetuningError: a value is outside its range.
    """

    epochs: int = 60
    batches: int = 50
    batch: int = 8
    learning_rate: float = 1e-3
    encoder_share: float = 0.1
    weight_decay: float = 1e-4
    patience: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what would train nothing."""
        whole = min(self.epochs, self.batches, self.batch - 1, self.patience) >= 1
        rates = self.learning_rate > 0 and 0 <= self.encoder_share <= 1 and self.weight_decay >= 0
        if not (whole and rates and math.isfinite(self.learning_rate)):
            raise FinetuningError(
                f"{self}: expected at least 1 epoch, batch and epoch of patience, 2 crops a batch, a learning rate "
                "above 0, a share of it between 0 and 1, and a decay of at least 0"
            )


class Epoch(NamedTuple):
    """One epoch: its number from 1, the mean loss, and the score where images are held out."""

    number: int
    loss: float
    held_out_micro_dice: float | None


class Training(NamedTuple):
    """All epochs, and which of them the network is left with."""

    epochs: tuple[Epoch, ...]
    kept: int


def finetune(
    segmenter: FinetunedSegmenter,
    images: Sequence[MaskedPixels],
    held_out: Sequence[MaskedPixels],
    settings: FinetuneSettings,
    *,
    on_epoch: Callable[[Epoch], None] = lambda _: None,
) -> Training:
    """Train a network in place.

    With held-out images it is left with the weights of the epoch that was best on them by foreground micro DICE;
    without them with those of the last. On a CPU the same seed and number of threads give the same weights.

    Args:
        segmenter: from `build_segmenter`, with its encoder filled, or left as it was where that was asked for.
        images: to learn from.
        held_out: images of other samples; never learnt from.
        settings: see there.
        on_epoch: called after each; what it raises ends the training.

    Raises:
        FinetuningError: nothing or one class alone is labelled, the network lacks a class, or the loss is no number.
        ConfigurationError: the GPU's memory is too small.
    """
    _check_images(segmenter, images, held_out)
    source = CropSource(images, segmenter.facts.tile_px, seed=settings.seed)
    if len(source.classes) < 2:
        raise FinetuningError(f"{len(images)} images have one class alone, and nothing can be told apart from it")
    optimiser = _make_optimiser(segmenter.network, settings)
    scaler = torch.amp.GradScaler(segmenter.device, enabled=segmenter.device == "cuda")
    epochs: list[Epoch] = []
    kept, best, weights = 0, -1.0, segmenter.network.state_dict()
    for number in range(1, settings.epochs + 1):
        _set_rates(optimiser, settings, (number - 1) / settings.epochs)
        loss = _train_epoch(segmenter, source, optimiser, scaler, settings)
        score = _score(segmenter, held_out) if held_out else None
        epochs.append(Epoch(number, loss, score))
        on_epoch(epochs[-1])
        if score is None or score > best:
            kept, best = number, score or 0.0
            weights = copy.deepcopy(segmenter.network.state_dict()) if held_out else weights
        elif number - kept >= settings.patience:
            break
    segmenter.network.load_state_dict(weights)
    segmenter.network.eval()
    return Training(tuple(epochs), kept)


def foreground_micro_dice(confusion: NDArray[np.int64], background: int) -> float:
    """2 TP / (2 TP + FP + FN) with counts summed over all classes but the background.

    Args:
        confusion: (classes, classes), rows truth, columns prediction.
        background: index.

    Returns:
        in [0, 1]; 1 where neither truth nor prediction has any foreground.
    """
    foreground = np.arange(len(confusion)) != background
    hits = np.diag(confusion)[foreground].sum()
    claims = confusion.sum(axis=0)[foreground].sum() + confusion.sum(axis=1)[foreground].sum()
    return float(2 * hits / claims) if claims else 1.0


def _check_images(
    segmenter: FinetunedSegmenter, images: Sequence[MaskedPixels], held_out: Sequence[MaskedPixels]
) -> None:
    classes = len(segmenter.facts.table)
    for one in (*images, *held_out):
        labelled = one.indices[one.indices != IGNORED]
        if labelled.size and labelled.max() >= classes:
            raise FinetuningError(
                f"the mask of {one.name} has the class index {labelled.max()}, and the network knows {classes} classes"
            )
    both = {one.name for one in images} & {one.name for one in held_out}
    if both:
        raise FinetuningError(
            f"{', '.join(sorted(both))} would be learnt from and held out; a score on it would say nothing"
        )


def _make_optimiser(network: torch.nn.Module, settings: FinetuneSettings) -> torch.optim.Optimizer:
    named = list(network.named_parameters())
    return torch.optim.AdamW(
        [
            {
                "params": [weight for name, weight in named if name.startswith(_ENCODER)],
                "share": settings.encoder_share,
            },
            {"params": [weight for name, weight in named if not name.startswith(_ENCODER)], "share": 1.0},
        ],
        lr=settings.learning_rate,
        weight_decay=settings.weight_decay,
    )


def _set_rates(optimiser: torch.optim.Optimizer, settings: FinetuneSettings, done: float) -> None:
    rate = settings.learning_rate * (1 + math.cos(math.pi * done)) / 2
    for group in optimiser.param_groups:
        group["lr"] = rate * group["share"]


def _train_epoch(
    segmenter: FinetunedSegmenter,
    source: CropSource,
    optimiser: torch.optim.Optimizer,
    scaler: torch.amp.GradScaler,
    settings: FinetuneSettings,
) -> float:
    segmenter.network.train()
    total = 0.0
    for _ in range(settings.batches):
        tiles, indices = source.draw(settings.batch)
        optimiser.zero_grad(set_to_none=True)
        try:
            logits = segmenter.logits(tiles)
            truth = torch.from_numpy(indices).to(segmenter.device, torch.int64)
            loss = cross_entropy_and_dice(logits, truth)
            scaler.scale(loss).backward()  # type: ignore[no-untyped-call]  # torch declares it without types
        except torch.OutOfMemoryError as error:
            raise ConfigurationError(
                f"{settings.batch} tiles of {segmenter.facts.tile_px} px do not fit into the GPU's free memory: {error}"
                ". Take smaller batches or tiles."
            ) from error
        scaler.step(optimiser)
        scaler.update()
        total += loss.item()
    if not math.isfinite(total):
        raise FinetuningError(
            f"the loss is no finite number any more at a learning rate of {settings.learning_rate:g}; take a lower one"
        )
    return total / settings.batches


def _score(segmenter: FinetunedSegmenter, images: Sequence[MaskedPixels]) -> float:
    classes = len(segmenter.facts.table)
    confusion = np.zeros(classes * classes, np.int64)
    for one in images:
        for band in segmenter.bands(one.image):
            guess = band.probabilities.argmax(axis=2)
            truth = one.indices[band.top : band.top + len(guess)]
            known = truth != IGNORED
            confusion += np.bincount(truth[known].astype(np.int64) * classes + guess[known], minlength=classes**2)
    return foreground_micro_dice(confusion.reshape(classes, classes), segmenter.facts.background)
