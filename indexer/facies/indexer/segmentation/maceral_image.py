"""One photomicrograph: named by a model, cleaned, measured and written; and what is kept of it for a further run."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from facies.core.new_files import new_file
from facies.indexer.segmentation.maceral_tables import ImageRegions, count_pixels
from facies.indexer.segmentation.masks import to_grey, write_mask, write_overlay, write_uncertainty
from facies.indexer.segmentation.region_cleaning import clean_mask
from facies.indexer.segmentation.regions import Region, measure_regions
from facies.indexer.segmentation.section_run import MASK, UNCERTAINTY, overlay_name
from facies.indexer.segmentation.views import find_views
from facies.models.segmentation.drift import uncertainty

if TYPE_CHECKING:
    from facies.indexer.segmentation.maceral_models import MaceralModel
    from facies.indexer.segmentation.maceral_order import MaceralOrder
    from facies.indexer.segmentation.pictures import Picture

KEPT: Final = "image.json"


@dataclass(frozen=True, slots=True, eq=False)
class DoneImage:
    """An image that was named, measured and written.

    Attributes:
        found: its regions and pixels.
        about: what the report says of it, as JSON.
    """

    found: ImageRegions
    about: dict[str, Any]


def name_image(
    order: MaceralOrder,
    model: MaceralModel,
    picture: Picture,
    *,
    background: int,
    folder: Path,
    on_rows: Callable[[int, int], None] | None = None,
) -> DoneImage:
    """Name an image and write its mask, its uncertainty and an overlay.

    The uncertainty is that of the model before small regions were given away: what was cleaned shows there.

    Args:
        order: views, limits of areas and scale.
        model: names pixels.
        picture: to be named.
        background: index of the class that is no maceral.
        folder: for the files, which take the place of earlier ones.
        on_rows: called with the rows that are done and how many there are; may raise to break off.

    Raises:
        SegmentationModelError: the model's smoothing needs a scale.
        StorageError: the files cannot be written.
    """
    named = model.name(picture, find_views(order.views), mm_per_px=order.mm_per_px, on_rows=on_rows)
    classes = named.probabilities.argmax(axis=2).astype(np.uint8)
    cleaned = clean_mask(classes, min_region_px=order.least_px, max_hole_px=order.hole_px, background=background)
    mask = cleaned.mask.astype(np.uint8)
    regions = measure_regions(mask, background=background, probabilities=named.probabilities)
    overlay = overlay_name(picture)
    write_mask(folder / MASK, mask, model.table)
    write_uncertainty(folder / UNCERTAINTY, to_grey(uncertainty(named.probabilities)))
    write_overlay(folder / overlay, picture.pixels, mask, model.table)
    found = ImageRegions(picture.name, count_pixels(mask, model.table), regions, order.um_per_px)
    drift = named.drift
    about = {
        "image": picture.name,
        "sha256": picture.sha256,
        "height": picture.shape[0],
        "width": picture.shape[1],
        "folder": str(folder.relative_to(order.out)),
        "files": [MASK, UNCERTAINTY, overlay],
        "regions": len(regions),
        "filled_holes": cleaned.filled_holes,
        "filled_px": cleaned.filled_px,
        "removed_regions": cleaned.removed_regions,
        "removed_px": cleaned.removed_px,
        "drift": None
        if drift is None
        else {
            "is_drifting": drift.is_drifting,
            "unsure_share": drift.unsure_share,
            "usual_unsure_share": drift.usual_unsure_share,
            "mean_shift": drift.mean_shift,
            "sentence": drift.sentence,
        },
    }
    return DoneImage(found, about)


def save_image(folder: Path, done: DoneImage, fingerprint: str) -> None:
    """Write the file last of all of an image: it says that the others are there.

    Raises:
        StorageError: the system refuses.
    """
    kept = {"fingerprint": fingerprint, "found": asdict(done.found), "about": done.about}
    with new_file(folder / KEPT) as part:
        part.write_text(json.dumps(kept), encoding="utf-8")


def load_image(folder: Path, fingerprint: str) -> DoneImage | None:
    """Read the file of an image; None where there is none, or one of another model, image or order."""
    try:
        kept = json.loads((folder / KEPT).read_text(encoding="utf-8"))
        if kept["fingerprint"] != fingerprint or not all((folder / name).is_file() for name in kept["about"]["files"]):
            return None
        found = kept["found"]
        regions = [Region(**one) for one in found["regions"]]
        return DoneImage(
            ImageRegions(found["name"], tuple(found["pixels_by_class"]), regions, found["um_per_px"]), kept["about"]
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None  # a file that was broken off or damaged: the image is named again
