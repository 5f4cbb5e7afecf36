"""Three small drawn photomicrographs with masks and strokes, and models that were trained on them."""

from __future__ import annotations

from pathlib import Path

from facies.indexer.segmentation.bench import Bench
from facies.indexer.segmentation.generated_files import write_scenes
from facies.indexer.segmentation.generated_macerals import generate_macerals
from facies.indexer.segmentation.mask_lessons import lessons_of
from facies.indexer.segmentation.mask_source import MaskSource
from facies.indexer.segmentation.training import Training, TrainingOrder, train

SIDE_PX = 200
COUNT = 3
MAX_PIXELS = 10**7


def write_macerals(folder: Path) -> Path:
    """Write images/, masks/, labels/, strokes/ and classes.json."""
    write_scenes((generate_macerals(3, number, height=SIDE_PX, width=SIDE_PX) for number in range(COUNT)), folder)
    return folder


def source_of(folder: Path) -> MaskSource:
    """Images and masks of such a folder."""
    return MaskSource(folder / "images", folder / "masks")


def train_on_masks(folder: Path, bench: Bench, *, is_validated: bool = False, trees: int = 15) -> Training:
    """Train on all images of such a folder."""
    found = source_of(folder).open(MAX_PIXELS)
    order = TrainingOrder(
        "macerals",
        lessons_of(found, pixels_per_class=80, seed=1),
        trees=trees,
        table=found.table,
        background=found.table.classes[found.background].id,
        is_validated=is_validated,
    )
    return train(order, bench)
