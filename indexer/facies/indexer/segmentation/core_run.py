"""A whole core under one model: sections in depth order, each kept as it is done, and then the tables of all of them.

A section whose file cannot be read is told of, and the others are done. A run that was broken off goes on behind the
last section that was finished for the same model, photograph and order.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from facies.core.errors import ImageError
from facies.core.folders import make_folder
from facies.core.segmentation.class_files import list_classes
from facies.indexer.segmentation.core_files import write_core_files, write_report
from facies.indexer.segmentation.depth import PlacedSection, place_sections
from facies.indexer.segmentation.depth_plot import shrink
from facies.indexer.segmentation.pictures import read_picture
from facies.indexer.segmentation.section_file import DoneSection, load_section, save_section
from facies.indexer.segmentation.section_run import NamedSection, name_section
from facies.models.hashes import hash_file
from facies.models.segmentation.model_file import load_model

if TYPE_CHECKING:
    from facies.indexer.segmentation.bench import Bench
    from facies.indexer.segmentation.core_order import CoreOrder
    from facies.indexer.segmentation.depth import DepthScale, Section
    from facies.indexer.segmentation.pictures import Picture
    from facies.indexer.segmentation.training import Tell
    from facies.models.segmentation.segmentation_model import SegmentationModel

SECTIONS: Final = "sections"


@dataclass(frozen=True, slots=True)
class _Surveyed:
    """A section whose file was read whole once: so what cannot be read is known before hours are spent."""

    section: Section
    height: int
    folder: Path


class CoreRun:
    """One order; call `run`."""

    def __init__(self, order: CoreOrder, bench: Bench, tell: Tell) -> None:
        """Read the model.

        Raises:
            SegmentationModelError: the file holds none.
            ModelMapsMismatchError: its card gives other maps here than those it was trained on.
            UnknownClassError: a class that is to be no rock is not one of its.
        """
        self._order, self._bench, self._tell = order, bench, tell
        self._model: SegmentationModel = load_model(order.model)
        hypercolumns = bench.hypercolumns(self._model.card)
        self._model.check_maps(hypercolumns.card.name, hypercolumns.fingerprint)
        self._not_rock = tuple(self._model.classes.resolve(word, "--not-rock") for word in order.not_rock)
        self._model_sha256 = hash_file(order.model)

    def run(self) -> dict[str, Any]:
        """Do it, and give the report that is written as ``report.json`` too.

        Raises:
            ImageError: the only photograph, or all of them, cannot be read.
            DepthError: sections overlap.
            StorageError: the files cannot be written.
        """
        make_folder(self._order.out)
        return self._run_picture(self._order.image) if self._order.image is not None else self._run_sections()

    def _run_picture(self, image: Path) -> dict[str, Any]:
        picture = read_picture(image, self._bench.limits)
        done = self._name(picture, self._order.out, self._order.mm_per_px, None)
        return self._finish([(picture.name, None, done)], [], [])

    def _run_sections(self) -> dict[str, Any]:
        surveyed, failed = self._survey()
        core = place_sections([one.section for one in surveyed], [one.height for one in surveyed])
        folders = {id(one.section): one.folder for one in surveyed}
        named: list[tuple[str, DepthScale | None, DoneSection]] = [
            (placed.section.image.name, placed.scale, self._section(placed, folders[id(placed.section)]))
            for placed in core.sections
        ]
        return self._finish(named, failed, list(core.notes))

    def _survey(self) -> tuple[list[_Surveyed], list[dict[str, str]]]:
        sections = sorted(self._order.sections, key=lambda one: (one.top_m, one.image.name))
        alone = len(sections) == 1
        found: list[_Surveyed] = []
        failed: list[dict[str, str]] = []
        last: ImageError | None = None
        for number, section in enumerate(sections):
            self._tell("reading sections", number, len(sections))
            name = f"{number + 1:03d}-{section.image.stem}"
            try:
                height = read_picture(section.image, self._bench.limits).shape[0]
            except ImageError as error:
                last = error
                failed.append({"image": section.image.name, "reason": error.message})
            else:
                folder = self._order.out if alone else self._order.out / SECTIONS / name
                found.append(_Surveyed(section, height, folder))
        if not found and last is not None:
            raise last
        return found, failed

    def _section(self, placed: PlacedSection, folder: Path) -> DoneSection:
        make_folder(folder)
        picture = read_picture(placed.section.image, self._bench.limits)
        return self._name(picture, folder, placed.scale.mm_per_px, placed.scale)

    def _name(self, picture: Picture, folder: Path, mm_per_px: float | None, scale: DepthScale | None) -> DoneSection:
        fingerprint = self._order.fingerprint(self._model_sha256, picture.sha256, mm_per_px)
        done = load_section(folder, fingerprint)
        if done is None:
            named = name_section(
                self._bench,
                self._model,
                picture,
                mm_per_px=mm_per_px,
                finds_rock=self._order.finds_rock,
                not_rock=self._not_rock,
                folder=folder,
                on_rows=lambda rows, height: self._tell(f"naming {picture.name}", rows, height),
            )
            done = self._small(picture, named, folder)
            save_section(folder, done, fingerprint)
        return done

    def _small(self, picture: Picture, named: NamedSection, folder: Path) -> DoneSection:
        image, classes = shrink(picture.pixels, named.classes)
        fractions = named.rows.counts.sum(axis=0) / max(named.rows.counts.sum(), 1)
        about = {
            "image": picture.name,
            "sha256": picture.sha256,
            "height": picture.shape[0],
            "width": picture.shape[1],
            "folder": str(folder.relative_to(self._order.out)),
            "rock_share": float(named.rows.rock_share.mean()),
            "rock_note": named.rock.note,
            "fractions": dict(zip(self._model.classes.names, fractions.tolist(), strict=True)),
            "drift": {
                "is_drifting": named.drift.is_drifting,
                "unsure_share": named.drift.unsure_share,
                "usual_unsure_share": named.drift.usual_unsure_share,
                "mean_shift": named.drift.mean_shift,
                "sentence": named.drift.sentence,
            },
        }
        return DoneSection(named.rows, image, classes, about)

    def _finish(
        self,
        named: list[tuple[str, DepthScale | None, DoneSection]],
        failed: list[dict[str, str]],
        notes: list[str],
    ) -> dict[str, Any]:
        self._tell("writing tables", 0, 1)
        files = write_core_files(self._order, self._model.classes, named)
        report = {
            "task": self._model.task,
            "model_sha256": self._model_sha256,
            "classes": list_classes(self._model.classes),
            "sections": [
                {**done.about, "top_m": scale and scale.top_m, "base_m": scale and scale.base_m}
                for _, scale, done in named
            ],
            "failed": failed,
            "notes": notes,
            "files": files,
        }
        write_report(self._order.out, report)
        return report
