"""Photomicrographs under one model: each is kept as it is done, and then come the tables of all of them.

An image that cannot be read is told of, and the others are done. A run that was broken off goes on behind the last
image that was finished for the same model, photograph and order.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from facies.core.errors import ConfigurationError, ImageError
from facies.core.folders import check_no_file, make_folder
from facies.core.segmentation.class_files import list_classes
from facies.indexer.segmentation.core_files import report_files, write_report
from facies.indexer.segmentation.maceral_image import KEPT, DoneImage, load_image, name_image, save_image
from facies.indexer.segmentation.maceral_models import background_of, open_maceral_model
from facies.indexer.segmentation.maceral_tables import (
    region_columns,
    sum_macerals,
    tabulate_regions,
    tabulate_totals,
    total_columns,
    write_table,
)
from facies.indexer.segmentation.overwriting import refuse_overwriting
from facies.indexer.segmentation.pictures import read_picture
from facies.indexer.segmentation.same_pictures import find_copies
from facies.indexer.segmentation.scales import note_wide_smoothing
from facies.indexer.segmentation.section_run import MASK, OVERLAYS, UNCERTAINTY
from facies.models.hashes import hash_file

if TYPE_CHECKING:
    from facies.indexer.segmentation.bench import Bench
    from facies.indexer.segmentation.maceral_order import MaceralOrder
    from facies.indexer.segmentation.training import Tell

IMAGES: Final = "images"
REGIONS: Final = "regions.csv"
TOTALS: Final = "macerals.csv"


class MaceralRun:
    """One order; call `run`."""

    def __init__(self, order: MaceralOrder, bench: Bench, tell: Tell) -> None:
        """Read the model.

        Raises:
            ConfigurationError: a file that is read would be written over.
            SegmentationModelError, FinetunedFileError: the file holds none, or one of cores.
            ModelMapsMismatchError: its card gives other maps here than those of its training.
            UnknownClassError, SegmentationError: no class is the background.
        """
        self._order, self._bench, self._tell = order, bench, tell
        refuse_overwriting([order.model, *order.images], self._written())
        self._model = open_maceral_model(order.model, bench)
        self._background = background_of(self._model, order.background)
        self._model_sha256 = hash_file(order.model)
        self._kept = 0
        self._remarks: list[str] = []
        self._namesakes = Counter(image.name for image in order.images)

    def run(self) -> dict[str, Any]:
        """Do it, and give the report that is written as ``report.json`` too.

        Raises:
            ConfigurationError: an image is given twice, or the place for the files is a file.
            ImageError: none of the images can be read.
            StorageError: the files cannot be written.
        """
        check_no_file(self._order.out)
        self._check_twice()
        make_folder(self._order.out)
        self._kept, self._remarks = 0, []
        done: list[DoneImage] = []
        failed: list[dict[str, str]] = []
        last: ImageError | None = None
        for number, image in enumerate(self._order.images):
            try:
                done.append(self._image(number, image))
            except ImageError as error:
                last = error
                failed.append({"image": image.name, "reason": error.message})
        if not done and last is not None:
            raise last
        return self._finish(done, failed)

    def _check_twice(self) -> None:
        """Refuse an image that is given twice, under one name or two: its areas would be counted twice.

        Copies of a file that is no image are told of as such later.
        """
        images = self._order.images
        for number, *others in find_copies([_content(number, image) for number, image in enumerate(images)]):
            try:
                read_picture(images[number], self._bench.limits)
            except ImageError:
                continue
            names = ", ".join(str(images[other]) for other in others)
            raise ConfigurationError(
                f"{images[number]} is given more than once, and again as {names}: the files are the same, and areas "
                "would be counted several times; leave the copies out"
            )

    def _image(self, number: int, image: Path) -> DoneImage:
        picture = read_picture(image, self._bench.limits)
        alone = len(self._order.images) == 1
        if self._namesakes[image.name] > 1:
            # Tables name images, and two of one name could not be told apart.
            picture = replace(picture, name=_numbered(number, image))
        radius_px = self._model.radius_px(self._order.mm_per_px)
        self._remarks += note_wide_smoothing(picture.name, radius_px, picture.shape)
        folder = self._folder(number, image)
        make_folder(folder)
        fingerprint = self._order.fingerprint(self._model_sha256, picture, self._background)
        done = load_image(folder, fingerprint)
        if done is None:
            what = f"naming {picture.name} ({number + 1} of {len(self._order.images)})"
            done = name_image(
                self._order,
                self._model,
                picture,
                background=self._background,
                folder=folder,
                on_rows=lambda rows, height: self._tell(what, rows, height),
            )
            if not alone:
                self._write_tables(folder, [done])
            save_image(folder, done, fingerprint)
        else:
            self._kept += 1
        return done

    def _folder(self, number: int, image: Path) -> Path:
        alone = len(self._order.images) == 1
        return self._order.out if alone else self._order.out / IMAGES / _numbered(number, image)

    def _written(self) -> list[Path]:
        """Every file that may be written."""
        out, images = self._order.out, self._order.images
        folders = {out, *(self._folder(number, image) for number, image in enumerate(images))}
        names = (MASK, UNCERTAINTY, *OVERLAYS, KEPT, REGIONS, TOTALS)
        return [*(folder / name for folder in folders for name in names), *report_files(out)]

    def _finish(self, done: list[DoneImage], failed: list[dict[str, str]]) -> dict[str, Any]:
        self._tell("writing tables", 0, 1)
        totals = self._write_tables(self._order.out, done)
        table, order = self._model.table, self._order
        report = {
            "task": "macerals",
            "model_sha256": self._model_sha256,
            "classes": list_classes(table),
            "background": table.classes[self._background].id,
            "um_per_px": order.um_per_px,
            "views": order.views,
            "min_area_px": order.least_px,
            "max_hole_px": order.hole_px,
            "images": [one.about for one in done],
            "images_kept": self._kept,
            "macerals": totals,
            "failed": failed,
            "notes": self._remarks,
            "files": [TOTALS, REGIONS],
        }
        write_report(order.out, report)
        return report

    def _write_tables(self, folder: Path, done: list[DoneImage]) -> list[dict[str, Any]]:
        table, has_scale = self._model.table, self._order.um_per_px is not None
        found = [one.found for one in done]
        totals = list(tabulate_totals(sum_macerals(found, table, background=self._background)))
        write_table(tabulate_regions(found, table), folder / REGIONS, columns=region_columns(has_scale=has_scale))
        write_table(totals, folder / TOTALS, columns=total_columns(has_scale=has_scale))
        return [dict(one) for one in totals]


def _content(number: int, image: Path) -> str:
    """What tells the content of a file; of one that cannot be read, its number."""
    try:
        return hash_file(image)
    except OSError:
        return str(number)


def _numbered(number: int, image: Path) -> str:
    """The name of an image among others, which two images of one name do not share."""
    return f"{number + 1:03d}-{image.stem}"
