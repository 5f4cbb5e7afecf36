"""Where the next strokes would teach a model most, on one photograph."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from facies.indexer.segmentation.doubt import DoubtGrid
from facies.indexer.segmentation.labelled_pixels import UNLABELLED
from facies.indexer.segmentation.labels import read_labels
from facies.indexer.segmentation.naming import Naming
from facies.indexer.segmentation.pictures import read_picture
from facies.indexer.segmentation.rock import all_rock, find_rock
from facies.indexer.segmentation.scales import check_mm_per_px
from facies.indexer.segmentation.suggestions import Suggestion, suggest_strokes
from facies.models.segmentation.model_file import load_model

if TYPE_CHECKING:
    from facies.indexer.segmentation.bench import Bench
    from facies.indexer.segmentation.depth import Section
    from facies.indexer.segmentation.training import Tell


@dataclass(frozen=True, slots=True)
class SuggestionOrder:
    """What is wanted.

    Attributes:
        model: the file of a trained model.
        image: the photograph to draw strokes on.
        labels: strokes that it has already; None: none.
        unlabelled: the value of label images that says nothing.
        count: places that are wanted, at most.
        radius_px: of the disc that is meant.
        finds_rock: whether places on tray and gaps are left out.
        section: its depths, where they are known.
        mm_per_px: its scale, where no depths are known and the model smooths by mm.
    """

    model: Path
    image: Path
    labels: Path | None = None
    unlabelled: int = UNLABELLED
    count: int = 8
    radius_px: int = 16
    finds_rock: bool = True
    section: Section | None = None
    mm_per_px: float | None = None

    def __post_init__(self) -> None:
        """Check the scale.

        Raises:
            ConfigurationError: there is no such scale.
        """
        check_mm_per_px(self.mm_per_px)


def suggest(order: SuggestionOrder, bench: Bench, tell: Tell) -> tuple[Suggestion, ...]:
    """Find the places, the most urgent first.

    Raises:
        ImageError: the photograph cannot be read.
        SegmentationError: the model or the labels cannot be used.
    """
    model = load_model(order.model)
    picture = read_picture(order.image, bench.limits)
    labelled = (np.empty(0, np.int64), np.empty(0, np.int64))
    if order.labels is not None:
        found = read_labels(order.labels, picture.shape, unlabelled=order.unlabelled, table=model.classes)
        labelled = (found.rows.astype(np.int64), found.columns.astype(np.int64))
    scale = None if order.section is None else order.section.scale(picture.shape[0])
    naming = Naming(bench, model, picture, mm_per_px=order.mm_per_px if scale is None else scale.mm_per_px)
    doubt = DoubtGrid(picture.shape, len(model.classes))
    for band in naming.bands(lambda rows, height: tell(f"naming {picture.name}", rows, height)):
        doubt.add(band.top, band.probabilities, band.uncertainty)
    return suggest_strokes(
        doubt,
        lambda rows, columns: bench.features_at(picture, model.card, rows, columns),
        labelled,
        model.classes,
        order.count,
        radius_px=order.radius_px,
        rock=(find_rock(picture.pixels) if order.finds_rock else all_rock(*picture.shape)).without(picture.clear),
        scale=scale,
    )
