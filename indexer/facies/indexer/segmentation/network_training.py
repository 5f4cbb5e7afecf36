"""Training a network whole on a folder of images with masks; whole images are held out to say when to stop."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from facies.core.errors import FinetuningError
from facies.core.segmentation.class_files import list_classes
from facies.indexer.segmentation.pictures import read_picture
from facies.indexer.segmentation.same_pictures import hash_pixels
from facies.indexer.segmentation.spending import measure_spending
from facies.models.registry import get_card
from facies.models.segmentation.finetuned_network import Architecture, build_segmenter, fill_encoder
from facies.models.segmentation.finetuning import Epoch, FinetuneSettings, finetune
from facies.models.segmentation.image_folds import fold_images
from facies.models.segmentation.segmenter import FinetunedSegmenter, SegmenterFacts
from facies.models.segmentation.training_crops import MaskedPixels

if TYPE_CHECKING:
    from facies.indexer.segmentation.bench import Bench
    from facies.indexer.segmentation.maceral_folder import MaceralFolder
    from facies.indexer.segmentation.mask_source import MaskSource
    from facies.indexer.segmentation.training import Tell
    from facies.models.cards import ModelCard

_FOLDS: Final = 5
"""One image of so many is held out."""
_OVERLAP: Final = 4
"""Tiles overlap by this part of their side."""
HELD_OUT_NOTE: Final = (
    "the epoch was chosen by the score of the held-out images, so that score is a little too good; score other images "
    "with `facies segment evaluate`"
)


@dataclass(frozen=True, slots=True)
class NetworkOrder:
    """What is to be trained.

    Attributes:
        source: images and masks.
        architecture: of the decoder.
        encoder: name of the backbone's card.
        is_from_scratch: begin with random numbers in the encoder too, which has to be asked for.
        epochs: at most so many.
        batches: of an epoch.
        batch: crops of a batch.
        tile_px: side of the crops, a multiple of 32.
        seed: of all chance.
    """

    source: MaskSource
    architecture: Architecture
    encoder: str = "efficientnet-lite0"
    is_from_scratch: bool = False
    epochs: int = 60
    batches: int = 50
    batch: int = 8
    tile_px: int = 512
    seed: int = 0

    @property
    def settings(self) -> FinetuneSettings:
        """How the network is trained.

        Raises:
            FinetuningError: a value is outside its range.
        """
        settings = FinetuneSettings(epochs=self.epochs, batches=self.batches, batch=self.batch, seed=self.seed)
        return replace(settings, encoder_share=1.0) if self.is_from_scratch else settings


@dataclass(frozen=True, slots=True, eq=False)
class NetworkTraining:
    """A network and the report of its training, as JSON holds it."""

    segmenter: FinetunedSegmenter
    report: dict[str, Any]


def train_network(order: NetworkOrder, bench: Bench, tell: Tell) -> NetworkTraining:
    """Train a network.

    Raises:
        FaciesError: as `MaskSource.open`.
        UnknownModelError, WeightsNotFoundError, WeightsMismatchError: the encoder, or its weights.
        FinetuningError: settings or masks that nothing can be learnt with.
        ConfigurationError: the extra is not installed, or the GPU's memory is too small.
    """
    with measure_spending() as spending:
        training = _train(order, bench, tell)
    return NetworkTraining(training.segmenter, {**training.report, **spending.as_json()})


def _train(order: NetworkOrder, bench: Bench, tell: Tell) -> NetworkTraining:
    settings, card = order.settings, get_card(order.encoder)
    folder = order.source.open(bench.limits.max_pixels)
    if len(folder.images) < 2:
        raise FinetuningError(
            f"{len(folder.images)} image is there to train a network on; expected at least 2, of which one is held out "
            "to say when to stop"
        )
    names = [one.path.name for one in folder.images]
    held_out = _hold_out(folder, seed=order.seed)
    segmenter, hashes = _prepare(order, card, folder, bench), {}
    pictures = []
    for number, one in enumerate(folder.images):
        tell("reading images", number, len(folder.images))
        picture = read_picture(one.path, bench.limits)
        hashes[picture.name] = picture.sha256
        pictures.append(MaskedPixels(picture.name, picture.pixels, folder.read_mask(number, picture.shape).indices))

    def told(epoch: Epoch) -> None:
        tell("training epochs", epoch.number, settings.epochs)

    training = finetune(
        segmenter,
        [one for number, one in enumerate(pictures) if number not in held_out],
        [pictures[number] for number in held_out],
        settings,
        on_epoch=told,
    )
    report = {
        "task": "macerals",
        "network": order.architecture,
        "encoder": card.name,
        "encoder_sha256": segmenter.facts.encoder_sha256,
        "classes": list_classes(folder.table),
        "background": folder.table.classes[folder.background].id,
        "images": len(names),
        "trained_on": hashes,
        "held_out": [names[number] for number in held_out],
        "held_out_micro_dice": training.epochs[training.kept - 1].held_out_micro_dice,
        "held_out_note": HELD_OUT_NOTE,
        "kept_epoch": training.kept,
        "epochs": [epoch._asdict() for epoch in training.epochs],
        "batches": order.batches,
        "batch": order.batch,
        "tile_px": order.tile_px,
        "seed": order.seed,
        "device": segmenter.device,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "facies_version": version("facies"),
        "notes": list(folder.notes),
    }
    return NetworkTraining(segmenter.with_provenance(report), report)


def _hold_out(folder: MaceralFolder, *, seed: int) -> tuple[int, ...]:
    """Choose the images that say when to stop; copies of one picture are on one side together.

    Raises:
        FinetuningError: all images are the same picture.
    """
    contents = [hash_pixels(folder.read_image(number)) for number in range(len(folder.images))]
    different = len(set(contents))
    if different < 2:
        raise FinetuningError(
            f"all {len(contents)} images are the same picture; expected at least 2 different ones, of which one is "
            "held out to say when to stop"
        )
    return fold_images(contents, min(_FOLDS, different), seed=seed)[0]


def _prepare(order: NetworkOrder, card: ModelCard, folder: MaceralFolder, bench: Bench) -> FinetunedSegmenter:
    weights = None if order.is_from_scratch else bench.weights(card.name)
    facts = SegmenterFacts(
        architecture=order.architecture,
        encoder=card.name,
        encoder_sha256=None if weights is None else weights.sha256,
        table=folder.table,
        mean=card.mean,
        std=card.std,
        background=folder.background,
        tile_px=order.tile_px,
        overlap_px=order.tile_px // _OVERLAP,
    )
    network = build_segmenter(order.architecture, card, len(folder.table), seed=order.seed)
    if weights is not None:
        fill_encoder(network, card, weights.path)
    return FinetunedSegmenter(facts, network, device=bench.device)
